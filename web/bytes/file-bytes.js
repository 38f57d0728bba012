/**
 * A file as a source of bytes. Nothing is copied: a part is read from the file when it is sent.
 *
 * @implements {ByteSource}
 */
export class FileBytes {
  #file;
  pendingBytes = 0;
  tailBytes = 0;
  sliceBytes = 0;
  durationMs = 0;
  ended = true;
  failure = undefined;
  durable = true;
  lostBytes = 0;
  /** @type {import('./byte-source.js').UploadState} */
  upload = { openKey: crypto.randomUUID(), session: null, parts: [] };
  patchesLast = false;
  onGrown = () => {};

  /** @param {Blob} file */
  constructor(file) {
    this.#file = file;
    this.size = this.announced = file.size;
  }

  async save() {}

  /** @param {number} from @param {number} to */
  async slice(from, to) { return this.#file.slice(from, to); }

  patches() { return []; }

  async preview() { return { size: this.size, tail: [], patches: () => [] }; }

  async evict() { return false; }

  async clear() {}
}

/** @typedef {import('./byte-source.js').ByteSource} ByteSource */
