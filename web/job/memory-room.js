/**
 * Watches how much of a recording is in memory, if the browser stores nothing on the disk for us. Bytes that S3 has are dropped.
 * If the network is too slow for that, the recording has to stop while it still fits.
 */

import { RecorderError } from '../base/errors.js';

const MIB = 1024 * 1024;
/** So much stays, should a session be over and all of it be needed again: the whole of most recordings. */
const KEPT_BYTES = 64 * MIB;
/** Chromium gives all its tabs some 496 MiB for Blobs on a small machine (measured 2026-11-22); here half of that is the end. */
const MOST_BYTES = 256 * MIB;

/**
 * @typedef {import('./disk-room.js').SpaceLeft} SpaceLeft
 * @typedef {{keptBytes?: number, mostBytes?: number}} Bounds tests lower them; users have no need to
 */

export class MemoryRoom {
  #held;
  #evict;
  #keptBytes;
  #mostBytes;

  /**
   * @param {object} options
   * @param {() => number} options.held bytes of the recording that are in memory
   * @param {() => Promise<boolean>} options.evict lets go of some bytes that S3 has; false where there are none
   * @param {Bounds} [bounds]
   */
  constructor({ held, evict }, { keptBytes = KEPT_BYTES, mostBytes = MOST_BYTES } = {}) {
    this.#held = held;
    this.#evict = evict;
    this.#keptBytes = keptBytes;
    this.#mostBytes = mostBytes;
  }

  /** @returns {Promise<SpaceLeft>} */
  async look() {
    while (this.#held() > this.#keptBytes && await this.#evict());
    if (this.#held() < this.#mostBytes) return { kind: 'enough' };
    const message = `${Math.round(this.#held() / MIB)} MiB wait in memory to be sent, and there is no disk`;
    return { kind: 'last', error: new RecorderError('quota-low', message, { reason: 'memory', limit: 0 }) };
  }
}
