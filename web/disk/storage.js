/**
 * Where recordings are kept on this device: the best kind of storage that the browser has.
 */

import { IndexedDbFolder } from './indexeddb-folder.js';
import { MemoryFolder } from './memory-folder.js';
import { OpfsFolder } from './opfs-folder.js';

/** @type {import('./folder.js').FolderKind[]} the best first */
const KINDS = [OpfsFolder, IndexedDbFolder];

/**
 * @param {string} id
 * @returns {Promise<import('./folder.js').Folder>} one in memory, `durable: false`, where nothing else works
 */
export async function createFolder(id) {
  for (const kind of KINDS) {
    try {
      return await kind.create(id);
    } catch {} // this browser, or this kind of window, does not have it
  }
  return new MemoryFolder();
}

/** @param {string} id @returns {Promise<import('./folder.js').Folder | null>} */
export async function openFolder(id) {
  for (const kind of KINDS) {
    const folder = await kind.open(id);
    if (folder) return folder;
  }
  return null;
}

/** @returns {Promise<string[]>} the ids of all recordings that are kept here */
export async function folderIds() {
  const ids = await Promise.all(KINDS.map((kind) => kind.ids()));
  return ids.flat();
}
