/**
 * How far it is: the recorded time, how much of it is safe in S3, and whether leaving the page would lose any.
 */

import { formatDuration } from '../format.js';
import { askBeforeLeaving, losesByLeaving } from './leaving.js';
import { byId } from '../page-state.js';
import { RecordedClock } from './recorded-clock.js';
import { RoomLeft } from './room-left.js';
import { SafetyView } from './safety-view.js';

const SHOW_EVERY_MS = 250;

/** @typedef {import('./safety-view.js').Situation} Situation */

export class ProgressPane {
  #timer = byId('timer', HTMLElement);
  #clock = new RecordedClock();
  #safety = new SafetyView();
  #room = new RoomLeft();
  /** @type {Situation} */
  #situation = { state: 'loading', isFile: false, kept: false, hopeless: false };

  constructor() {
    setInterval(() => this.#showTime(), SHOW_EVERY_MS);
  }

  /** @param {Situation} situation */
  enter(situation) {
    this.#situation = situation;
    this.#clock.run(situation.state === 'recording');
    this.#safety.enter(situation);
    if (situation.state === 'starting') this.#room.forget();
    this.#guard();
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
    this.#guard();
    return more;
  }

  /** The network, or what is behind it, is away. */
  cutOff() { this.#safety.cutOff(); }

  #guard() {
    askBeforeLeaving(losesByLeaving(this.#situation, this.#safety.counts));
  }

  #showTime() {
    const time = formatDuration(this.#clock.ms);
    if (this.#timer.textContent !== time) this.#timer.textContent = time;
  }
}
