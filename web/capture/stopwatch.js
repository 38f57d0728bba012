/** Time between start and stop, summed up: pauses do not count. */
export class Stopwatch {
  #sum = 0;
  /** @type {number | null} */
  #since = null;

  start() {
    this.#since ??= performance.now();
  }

  stop() {
    this.#sum = this.ms;
    this.#since = null;
  }

  /** Whole milliseconds. */
  get ms() {
    return Math.round(this.#sum + (this.#since === null ? 0 : performance.now() - this.#since));
  }
}
