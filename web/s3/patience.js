/**
 * How long a PUT may show no progress.
 *
 * Most PUTs show their progress, and one without progress is dead. Some PUTs cannot show it: a proxy may take all bytes before
 * it passes them on, and a service worker shows no progress at all, and goes on with a PUT that was cut. Such a PUT gets the
 * time that its size takes. Otherwise a number would have a second PUT beside the first.
 */

/** Slower than this, in bytes a ms, nothing is worth waiting for. */
const SLOWEST = 16;
/** What earlier PUTs took says little of the next: it may take so many times as long. */
const TIMES = 4;
/** A smaller one took its time for its round trips. */
const TELLING_BYTES = 1024 * 1024;
/** The limit doubles so often: a slow link must get through in the end. */
const DOUBLINGS = 2;

export class Patience {
  #stallMs;
  #shown = false; // some PUT has shown progress on its way
  #msPerByte = 0;

  /** @param {number} stallMs for a PUT that shows its progress */
  constructor(stallMs) {
    this.#stallMs = stallMs;
  }

  /**
   * @param {number} size of the PUT
   * @param {number} sentBytes of it
   * @param {number} stalls of the same part before
   * @param {number} [mostMs] no longer, if the PUT is one that shows its progress
   */
  ms(size, sentBytes, stalls, mostMs = Infinity) {
    this.#shown ||= sentBytes > 0 && sentBytes < size;
    const unseen = sentBytes >= size || (sentBytes === 0 && !this.#shown);
    const unseenMs = size * (this.#msPerByte > 0 ? TIMES * this.#msPerByte : 1 / SLOWEST);
    const ms = (this.#stallMs + (unseen ? unseenMs : 0)) * 2 ** Math.min(stalls, DOUBLINGS);
    return unseen ? ms : Math.min(ms, mostMs);
  }

  /** A PUT was answered. @param {number} size @param {number} ms that it took */
  took(size, ms) {
    this.#msPerByte = Math.max(this.#msPerByte / 2, ms / Math.max(size, TELLING_BYTES));
  }
}
