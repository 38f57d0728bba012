/**
 * Parts that wait to be sent. New bytes go first, the lowest number first. Then come parts that only improve something, such
 * as part 1 with its final header, or that will be replaced.
 */

/** @typedef {import('./parts-uploader.js').Part} Part */

export class PartQueue {
  /** @type {Part[]} */
  #parts = [];

  /** @param {Part} part */
  add(part) {
    const at = this.#parts.findIndex((other) => comesAfter(other, part));
    this.#parts.splice(at < 0 ? this.#parts.length : at, 0, part);
  }

  /** @param {Part} part */
  remove(part) {
    this.#parts = this.#parts.filter((other) => other !== part);
  }

  /**
   * @param {(part: Part) => boolean} maySend whether its PUT may begin
   * @returns {Part | undefined} the next part that may be sent
   */
  take(maySend) {
    const at = this.#parts.findIndex(maySend);
    return at < 0 ? undefined : this.#parts.splice(at, 1)[0];
  }

  get length() { return this.#parts.length; }
}

/** @param {Part} one @param {Part} other */
function comesAfter(one, other) {
  if (one.kind === 'new' || other.kind === 'new') return one.kind !== 'new' || (other.kind === 'new' && one.number > other.number);
  return one.number > other.number;
}
