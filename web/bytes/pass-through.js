/**
 * The transform for containers that we do not rewrite, such as Ogg. It changes nothing.
 *
 * @implements {Transform}
 */
export class PassThrough {
  heldBytes = 0;
  durationMs = 0;
  #passedBytes;

  constructor(passedBytes = 0) {
    this.#passedBytes = passedBytes;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  push(bytes) {
    this.#passedBytes += bytes.length;
    return [bytes];
  }

  /** @returns {Uint8Array<ArrayBuffer>[]} */
  finish() { return []; }

  /** @returns {import('./patched.js').Patch[]} */
  patches() { return []; }

  snapshot() { return { rawOffset: this.#passedBytes }; }

  /** @param {{rawOffset: number}} snapshot */
  static restore({ rawOffset }) { return new PassThrough(rawOffset); }
}

/** @typedef {import('./transform.js').Transform} Transform */
