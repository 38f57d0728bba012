/**
 * When the next picture is made: as soon as something new has come, but at most 30 times a second. Two sources at 30
 * frames a second come in turns, and each frame of each would make 60.
 */

/** A little less than 1/30 s, so that no frame of a source at 30 frames a second has to wait. */
const LEAST_MS = 30;

export class Pace {
  #make;
  #now;
  #lastAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {() => void} make
   * @param {() => number} [now] in ms
   */
  constructor(make, now = () => performance.now()) {
    this.#make = make;
    this.#now = now;
  }

  /** There is something new to draw. If it is too early for that, it is drawn later: the last change is never left out. */
  news() {
    const wait = this.#lastAt + LEAST_MS - this.#now();
    if (wait <= 0) this.#due();
    else this.#timer ??= setTimeout(() => this.#due(), wait);
  }

  stop() { clearTimeout(this.#timer); }

  #due() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastAt = this.#now();
    this.#make();
  }
}
