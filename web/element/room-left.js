/**
 * For how long there is room on this device, at the rate of what was recorded until now.
 */

import { estimateDisk, minutesLeft } from '../base/room-left.js';
import { Pane } from './pane.js';

const MINUTE_MS = 60_000;
const MANY_MINUTES = 600;
/** What a shorter recording has says little about its rate. */
const SETTLED_MS = 10_000;
const LOOK_EVERY_MS = 10_000;

export class RoomLeft extends Pane {
  #line = this.byId('room', HTMLElement);
  #lookedAt = -Infinity;

  /** Another recording. */
  forget() {
    this.#lookedAt = -Infinity;
    this.#line.textContent = '';
  }

  /** @param {{recordedBytes: number, durationMs: number}} progress */
  async look({ recordedBytes, durationMs }) {
    const now = performance.now();
    if (durationMs < SETTLED_MS || now < this.#lookedAt + LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    const { quota, usage = 0 } = await estimateDisk();
    if (quota === undefined) return; // this browser does not say
    const minutes = minutesLeft(quota - usage, recordedBytes / (durationMs / MINUTE_MS));
    this.#line.textContent = minutes > MANY_MINUTES ? this.words.text('roomForHours') : this.words.text('roomFor', { count: minutes });
  }
}
