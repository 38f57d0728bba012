/**
 * Files in memory, for a browser that lets us store nothing. They are Blobs, which the browser may move to its own disk.
 *
 * @implements {Folder}
 */
export class MemoryFolder {
  durable = false;
  /** @type {Map<string, Blob[]>} */
  #files = new Map();

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  async append(name, bytes) {
    const pieces = this.#files.get(name) ?? [];
    pieces.push(new Blob([bytes]));
    this.#files.set(name, pieces);
  }

  /** @param {string} name @param {number} [from] @param {number} [to] */
  async read(name, from, to) {
    const pieces = this.#files.get(name);
    if (!pieces) throw new DOMException(`there is no file ${name}`, 'NotFoundError');
    return new Blob(pieces).slice(from, to);
  }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  async replace(name, bytes) {
    this.#files.set(name, [new Blob([bytes])]);
  }

  /** @param {string} name @param {number} size */
  async truncate(name, size) {
    this.#files.set(name, [await this.read(name, 0, size)]);
  }

  async seal() {}

  /** @param {string} name */
  async remove(name) {
    this.#files.delete(name);
  }

  async list() {
    return [...this.#files].map(([name, pieces]) => ({ name, size: new Blob(pieces).size })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async destroy() {
    this.#files.clear();
  }

  close() {}
}

/** @typedef {import('./folder.js').Folder} Folder */
