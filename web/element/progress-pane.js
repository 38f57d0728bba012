/**
 * How far it is: the recorded time, how much of it is safe in S3, and whether leaving the page would lose any.
 */

import { Guard, losesByLeaving } from './leaving.js';
import { Pane } from './pane.js';
import { RecordedClock } from './recorded-clock.js';
import { RoomLeft } from './room-left.js';
import { SafetyView } from './safety-view.js';

const SHOW_EVERY_MS = 250;

/** @typedef {import('./safety-view.js').Situation} Situation */

export class ProgressPane extends Pane {
  #timer = this.byId('timer', HTMLElement);
  #clock = new RecordedClock();
  #safety = new SafetyView(this.view);
  #room = new RoomLeft(this.view);
  #guard = new Guard();
  /** @type {Situation} */
  #situation = { state: 'loading', isFile: false, kept: false, hopeless: false };

  /** Only where somebody can see it. @param {AbortSignal} signal until then */
  connect(signal) {
    const timer = setInterval(() => this.#showTime(), SHOW_EVERY_MS);
    signal.addEventListener('abort', () => clearInterval(timer));
    this.#safety.connect(signal);
  }

  /** @param {Situation} situation */
  enter(situation) {
    this.#situation = situation;
    this.#clock.run(situation.state === 'recording');
    this.#safety.enter(situation);
    if (situation.state === 'starting') this.#room.forget();
    this.#ask();
  }

  /**
   * @param {import('./safety-view.js').Counts & {durationMs?: number}} progress durationMs: where time is recorded
   * @returns {boolean} whether more is in S3 than before
   */
  show({ durationMs, ...counts }) {
    const more = counts.uploadedBytes > this.#safety.counts.uploadedBytes;
    if (durationMs !== undefined) {
      this.#clock.set(durationMs);
      void this.#room.look({ ...counts, durationMs });
    }
    this.#safety.count(counts);
    this.#ask();
    return more;
  }

  /** The network, or what is behind it, is away. */
  cutOff() { this.#safety.cutOff(); }

  #ask() {
    this.#guard.ask(losesByLeaving(this.#situation, this.#safety.counts));
  }

  #showTime() {
    const time = this.words.duration(this.#clock.ms);
    if (this.#timer.textContent !== time) this.#timer.textContent = time;
  }
}
