/**
 * Where a part's bytes are kept until the broker has said `completed`: until then any part may have to go up again.
 *
 * @typedef {object} PartStore
 * @property {(number: number, bytes: Blob) => void | Promise<void>} keep
 * @property {(number: number) => Blob | Promise<Blob>} get
 * @property {() => void | Promise<void>} clear lets go of everything
 */

/**
 * Keeps a recording's parts as Blobs, which the browser may page to disk.
 *
 * @implements {PartStore}
 */
export class BlobParts {
  /** @type {Map<number, Blob>} */
  #parts = new Map();

  /** @param {number} number @param {Blob} bytes */
  keep(number, bytes) {
    this.#parts.set(number, bytes);
  }

  /** @param {number} number */
  get(number) {
    const bytes = this.#parts.get(number);
    if (!bytes) throw new Error(`part ${number} is not in the store`);
    return bytes;
  }

  clear() {
    this.#parts.clear();
  }
}

/**
 * The parts of a File. The file itself is the copy: a part is read when it is sent.
 *
 * @implements {PartStore}
 */
export class FileParts {
  #file;
  #partSize;

  /** @param {Blob} file @param {number} partSize */
  constructor(file, partSize) {
    this.#file = file;
    this.#partSize = partSize;
  }

  keep() {}

  /** @param {number} number */
  get(number) {
    const from = (number - 1) * this.#partSize;
    return this.#file.slice(from, from + this.#partSize);
  }

  clear() {}
}
