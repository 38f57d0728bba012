/**
 * Where recordings are kept on this device: the best kind of storage that the browser has.
 */

import { STORAGE_ANSWERS_MS } from '../base/timing.js';
import { within } from '../base/within.js';
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
      return await within(STORAGE_ANSWERS_MS, () => kind.create(id));
    } catch {} // this browser, or this kind of window, does not have it, or its storage does not answer
  }
  return new MemoryFolder();
}

/**
 * @param {string} id
 * @returns {Promise<import('./folder.js').Folder | null>} null where there is none; an empty one hides no other: a browser that
 *   refused to write to it left it behind
 */
export async function openFolder(id) {
  let empty = null;
  for (const kind of KINDS) {
    const folder = await within(STORAGE_ANSWERS_MS, () => kind.open(id)).catch(() => null);
    if (folder && (await within(STORAGE_ANSWERS_MS, () => folder.list()).catch(() => [])).length > 0) return folder;
    empty ??= folder;
  }
  return empty;
}

/** @returns {Promise<string[]>} the ids of all recordings that are kept here; none if a browser denies them, or does not answer */
export async function folderIds() {
  const ids = await Promise.all(KINDS.map((kind) => within(STORAGE_ANSWERS_MS, () => kind.ids()).catch(() => [])));
  return [...new Set(ids.flat())];
}
