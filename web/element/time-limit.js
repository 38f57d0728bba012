/**
 * The longest time that a recording may have: it is said at first and told beside the clock, a minute before the end is seen,
 * heard and read out, and at its end the recording stops. It goes by what the Recorder says of the recorded time, and by no
 * timer of the page.
 */

import { chime } from './chime.js';
import { Pane } from './pane.js';

const MINUTE_MS = 60_000;

export class TimeLimit extends Pane {
  #limitMs;
  #stop;
  #warned = false;
  #reached = false;

  /** @param {import('../pages/shadow-view.js').ShadowView} view @param {number} minutes 0: no limit @param {() => void} stop */
  constructor(view, minutes, stop) {
    super(view);
    this.#limitMs = minutes * MINUTE_MS;
    this.#stop = stop;
    if (!this.#limitMs) return;
    const note = this.byId('limit-note', HTMLElement);
    note.textContent = this.words.text('limit', { count: minutes });
    note.hidden = false;
    this.byId('limit-time', HTMLElement).textContent = ` / ${this.words.duration(this.#limitMs)}`;
  }

  /** That is why it ended. */
  get reached() { return this.#reached; }

  /** Another recording. */
  forget() { this.#warned = this.#reached = false; }

  /** @param {number} durationMs recorded until now */
  look(durationMs) {
    if (!this.#limitMs || this.#reached) return;
    const leftMs = this.#limitMs - durationMs;
    if (leftMs <= 0) {
      this.#reached = true;
      this.#stop();
    } else if (leftMs <= MINUTE_MS && this.#limitMs > MINUTE_MS && !this.#warned) {
      this.#warned = true;
      this.view.showMessage(this.words.message('limitSoon', 'warning')); // its box is read out
      chime();
    }
  }
}
