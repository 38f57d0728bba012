/**
 * Parts that wait to be sent, the lowest number first. Several takers may wait at once.
 */

/** @typedef {import('./uploader.js').Part} Part */

export class PartQueue {
  /** @type {Part[]} */
  #parts = [];
  #ended = false;
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /** @param {Part} part a new one, or one that has to be sent again (even after the end) */
  add(part) {
    const at = this.#parts.findIndex(({ number }) => number > part.number);
    this.#parts.splice(at < 0 ? this.#parts.length : at, 0, part);
    this.#wake();
  }

  /** No new part comes. */
  end() {
    this.#ended = true;
    this.#wake();
  }

  /**
   * The next part; waits for one.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<Part | null>} null once the queue has ended and is empty
   */
  async take(signal) {
    for (;;) {
      signal.throwIfAborted();
      const part = this.#parts.shift();
      if (part) return part;
      if (this.#ended) return null;
      await this.#change(signal);
    }
  }

  /** @param {AbortSignal} signal @returns {Promise<void>} */
  #change(signal) {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  #wake() {
    for (const done of [...this.#waiting]) done();
  }
}
