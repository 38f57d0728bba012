/**
 * For how long there is room on this device, at the rate of what was recorded until now.
 */

import { estimateDisk, minutesLeft } from '../../base/room-left.js';
import { byId } from '../page-state.js';
import { strings } from './strings.js';

const MINUTE_MS = 60_000;
/** What a shorter recording has says little about its rate. */
const SETTLED_MS = 10_000;
const LOOK_EVERY_MS = 10_000;

export class RoomLeft {
  #words = byId('room', HTMLElement);
  #lookedAt = -Infinity;

  /** Another recording. */
  forget() {
    this.#lookedAt = -Infinity;
    this.#words.textContent = '';
  }

  /** @param {{recordedBytes: number, durationMs: number}} progress */
  async look({ recordedBytes, durationMs }) {
    const now = performance.now();
    if (durationMs < SETTLED_MS || now < this.#lookedAt + LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    const { quota, usage = 0 } = await estimateDisk();
    if (quota === undefined) return; // this browser does not say
    this.#words.textContent = strings.roomFor(minutesLeft(quota - usage, recordedBytes / (durationMs / MINUTE_MS)));
  }
}
