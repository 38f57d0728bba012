/**
 * What the transform remembers of the whole recording, in a file that only grows: about a MB for an hour. It would be too much
 * for the manifest, all of which is written every few seconds.
 */

import { readBlob } from '../base/read-blob.js';

const NAME = 'index';

export class IndexFile {
  #folder;

  /**
   * @param {import('./folder.js').Folder} folder
   * @param {Uint8Array<ArrayBuffer>} [bytes] that are there
   */
  constructor(folder, bytes = new Uint8Array(0)) {
    this.#folder = folder;
    /** What was there when it was opened. */
    this.bytes = bytes;
    /** How many bytes there are. */
    this.size = bytes.length;
  }

  /**
   * Opens the index of an interrupted recording. Bytes beyond a size are dropped, because they will be written again. If the
   * index is not whole or cannot be read, the transform notices it, and the recording stays a file of fragments.
   *
   * @param {import('./folder.js').Folder} folder
   * @param {number} [size]
   */
  static async open(folder, size = 0) {
    const there = (await folder.list()).find(({ name }) => name === NAME)?.size ?? 0;
    if (there > size) await folder.truncate(NAME, size);
    const bytes = size > 0 ? await folder.read(NAME, 0, size).then(readBlob).catch(() => new ArrayBuffer(0)) : new ArrayBuffer(0);
    return new IndexFile(folder, new Uint8Array(bytes));
  }

  /** @param {Uint8Array<ArrayBuffer>} [all] what there is by now: what was there, and more */
  async grow(all = new Uint8Array(0)) {
    const more = all.slice(this.size);
    if (more.length === 0) return;
    await this.#folder.append(NAME, more);
    this.size += more.length;
  }
}

/** @param {string} name */
export function isIndexFile(name) {
  return name === NAME;
}
