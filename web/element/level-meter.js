/**
 * Shows how loud a microphone is, while there is somebody to see it: no frame is drawn for a hidden tab.
 */

/** It rises at once and falls by this share a frame, so that a word does not flicker. */
const FALL = 0.02;

export class LevelMeter {
  #meter;
  #bar;
  /** @type {() => number} */
  #read = () => 0;
  #frame = 0;
  #shown = 0;

  /** @param {HTMLElement} meter with one child, the bar */
  constructor(meter) {
    this.#meter = meter;
    this.#bar = /** @type {HTMLElement} */ (meter.firstElementChild);
  }

  /** @param {() => number} read gives the level, 0 to 1 */
  show(read) {
    this.#read = read;
    cancelAnimationFrame(this.#frame);
    this.#draw();
  }

  hide() {
    cancelAnimationFrame(this.#frame);
    this.#paint(0);
  }

  #draw = () => {
    this.#paint(Math.max(this.#read(), this.#shown - FALL));
    this.#frame = requestAnimationFrame(this.#draw);
  };

  /** @param {number} level */
  #paint(level) {
    this.#shown = level;
    this.#bar.style.clipPath = `inset(0 ${(100 * (1 - level)).toFixed(1)}% 0 0)`; // so that red is where loud is
    const tenths = String(Math.round(level * 10) * 10);
    if (this.#meter.ariaValueNow !== tenths) this.#meter.ariaValueNow = tenths;
  }
}
