/**
 * Looks again and again, and sooner after a hint. However many hints come, there is one look at a time, and a rest
 * between two.
 */
export class Refresher {
  #look;
  #everyMs;
  #restMs;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {AbortController | null} */
  #looking = null;
  #hinted = false;
  #on = false;

  /**
   * @param {(signal: AbortSignal) => Promise<void>} look deals with its own errors; ends soon when its signal does
   * @param {{everyMs: number, restMs: number}} how restMs: between a hint and the look at it
   */
  constructor(look, { everyMs, restMs }) {
    this.#look = look;
    this.#everyMs = everyMs;
    this.#restMs = restMs;
  }

  /** Looks at once, and from then on. A look that is under way is given up: something else is wanted by now. */
  async now() {
    this.stop();
    this.#on = true;
    const looking = this.#looking = new AbortController();
    await this.#look(looking.signal);
    if (this.#looking !== looking) return;
    this.#looking = null;
    this.#plan(this.#hinted ? this.#restMs : this.#everyMs);
  }

  /** Something happened. A look that is under way may have missed it. */
  hint() {
    if (this.#hinted || !this.#on) return;
    this.#hinted = true;
    if (!this.#looking) this.#plan(this.#restMs);
  }

  /** Until the next {@link now}. */
  stop() {
    this.#on = false;
    this.#hinted = false;
    clearTimeout(this.#timer);
    this.#looking?.abort();
    this.#looking = null;
  }

  /** @param {number} ms */
  #plan(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.now(), ms);
  }
}
