/**
 * Cuts a stream of blobs into parts of exactly one size, whatever sizes the blobs have. Nothing is read or copied
 * here: a part is a Blob made of slices of what came in.
 */
export class Cutter {
  #partSize;
  /** @type {Blob[]} */
  #pieces = [];
  #size = 0;

  /** @param {number} partSize size of every part but the last, in bytes */
  constructor(partSize) {
    this.#partSize = partSize;
  }

  /**
   * @param {Blob} blob recorded data, in order; empty ones and ones larger than a part are normal (a hidden tab, a
   *   laptop that slept)
   * @returns {Blob[]} the parts that are full now, without a type
   */
  add(blob) {
    const parts = [];
    let taken = 0;
    while (this.#size + blob.size - taken >= this.#partSize) {
      const upTo = taken + this.#partSize - this.#size;
      this.#hold(blob.slice(taken, upTo));
      parts.push(this.#release());
      taken = upTo;
    }
    if (taken < blob.size) this.#hold(blob.slice(taken));
    return parts;
  }

  /**
   * What is left over at the end: the last part.
   *
   * @returns {Blob | null} null where nothing is
   */
  rest() {
    return this.#size > 0 ? this.#release() : null;
  }

  /** @param {Blob} piece */
  #hold(piece) {
    this.#pieces.push(piece);
    this.#size += piece.size;
  }

  #release() {
    const part = new Blob(this.#pieces);
    this.#pieces = [];
    this.#size = 0;
    return part;
  }
}
