/**
 * Three, two, one. A second is a page timer's: in a hidden tab, where they are slow, it may be a little longer.
 */

const SECONDS = 3;

export class Countdown {
  #number;
  /** @type {() => void} */
  #done = () => {};

  /** @param {HTMLElement} number */
  constructor(number) {
    this.#number = number;
  }

  /** @returns {Promise<void>} resolves after the last second, or when it is ended before */
  run() {
    return new Promise((resolve) => {
      const timer = setInterval(() => this.#show(--left), 1000);
      let left = SECONDS;
      this.#done = () => {
        clearInterval(timer);
        resolve();
      };
      this.#show(left);
    });
  }

  /** Begins at once; or, after a cancel, does not begin. */
  end() { this.#done(); }

  /** @param {number} left */
  #show(left) {
    if (left === 0) return this.#done();
    this.#number.textContent = String(left);
    this.#number.getAnimations().forEach((animation) => { animation.currentTime = 0; });
  }
}
