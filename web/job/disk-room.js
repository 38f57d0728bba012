/**
 * Watches how much the browser still lets us keep on this device. When it gets little, the oldest bytes that S3 has make
 * room; when there are none of those any more, the person is told while there are minutes left, and in the end the
 * recording is told to stop.
 *
 * The numbers are an estimate by definition: browsers blur them (https://storage.spec.whatwg.org/#usage-and-quota, read
 * 2026-11-22).
 */

import { FILE_BYTES } from '../disk/part-files.js';
import { RecorderError } from '../base/errors.js';
import { estimateDisk, minutesLeft, roomFor } from '../base/room-left.js';

const MIB = 1024 * 1024;
/** Less than this, or than what so many minutes need, is little. */
const LOW_BYTES = 64 * MIB;
const LOW_MINUTES = 5;
/** Less than this, or than what so many minutes need, is the end: what is on its way must fit too. */
const LAST_BYTES = 24 * MIB;
const LAST_MINUTES = 0.5;

/** @typedef {{kind: 'enough'} | {kind: 'low' | 'last', error: RecorderError}} SpaceLeft */

export class DiskRoom {
  #estimate;
  #evict;

  /**
   * @param {object} options
   * @param {() => Promise<{quota?: number, usage?: number}>} [options.estimate] navigator.storage.estimate
   * @param {() => Promise<boolean>} options.evict lets go of some bytes that S3 has; false where there are none
   */
  constructor({ estimate = estimateDisk, evict }) {
    this.#estimate = estimate;
    this.#evict = evict;
  }

  /**
   * @param {number} bytesPerMinute that the recording grows by
   * @returns {Promise<SpaceLeft>}
   */
  async look(bytesPerMinute) {
    const enough = Math.max(LOW_BYTES, roomFor(bytesPerMinute, LOW_MINUTES));
    let freeBytes = await this.#freeBytes();
    while (freeBytes < enough && await this.#evict()) freeBytes += FILE_BYTES; // the estimate takes its time
    if (freeBytes >= enough) return { kind: 'enough' };
    const minutes = minutesLeft(freeBytes, bytesPerMinute);
    const error = new RecorderError('quota-low', `room on this device for about ${minutes} more minutes`, { limit: minutes });
    return { kind: freeBytes < Math.max(LAST_BYTES, roomFor(bytesPerMinute, LAST_MINUTES)) ? 'last' : 'low', error };
  }

  /** Where the browser does not say, a disk that is full will. */
  async #freeBytes() {
    const { quota = Infinity, usage = 0 } = await this.#estimate();
    return quota - usage;
  }
}
