/**
 * How many PUTs run at once: as many as the uplink carries in a few seconds. On a fast line several PUTs use the whole line
 * and hide its round trips. On a slow line all of them would only finish later, and more would be lost if the line is cut.
 *
 * The rate is measured over all PUTs together, over the last ones that arrived. Only time in which something was sent counts.
 */

/** A part should arrive within about so long. */
const TARGET_MS = 8000;
/** Until two parts have arrived. */
const FIRST = 3;
const WINDOW = 8;

export class Parallelism {
  #most;
  #now;
  #sending = 0;
  #busyMs = 0;
  #busySince = 0;
  /** @type {{bytes: number, busyMs: number}[]} arrivals, and what the busy clock said */
  #arrivals = [];
  #windowFromMs = 0;

  /** @param {number} most 1 to 6 @param {() => number} now */
  constructor(most, now) {
    this.#most = most;
    this.#now = now;
  }

  began() {
    if (this.#sending++ === 0) this.#busySince = this.#now();
  }

  /** @param {number} bytes that arrived; 0 where the PUT did not */
  ended(bytes) {
    const busyMs = this.#busyMs + this.#now() - this.#busySince;
    if (--this.#sending === 0) this.#busyMs = busyMs;
    if (bytes === 0) return;
    this.#arrivals.push({ bytes, busyMs });
    if (this.#arrivals.length > WINDOW) this.#windowFromMs = this.#arrivals.shift()?.busyMs ?? 0;
  }

  /**
   * @param {number} partSize in bytes
   * @param {number} [least] where that many are worth it on any uplink
   * @returns {number} 1 to most
   */
  limit(partSize, least = 1) {
    const bytes = this.#arrivals.reduce((sum, arrival) => sum + arrival.bytes, 0);
    const ms = (this.#arrivals.at(-1)?.busyMs ?? 0) - this.#windowFromMs;
    const wanted = this.#arrivals.length < 2 || ms <= 0 ? FIRST : Math.ceil(bytes / ms * TARGET_MS / partSize);
    return Math.min(Math.max(wanted, least), this.#most);
  }
}
