/**
 * The recorded time, told between the Recorder's progress events too, so that the seconds on the page do not stutter.
 */
export class RecordedClock {
  #ms = 0;
  #at = 0;
  #running = false;

  /** @param {number} ms what the Recorder said just now */
  set(ms) {
    this.#ms = ms;
    this.#at = performance.now();
  }

  /** @param {boolean} running false while paused */
  run(running) {
    this.set(this.ms);
    this.#running = running;
  }

  get ms() {
    return this.#ms + (this.#running ? performance.now() - this.#at : 0);
  }
}
