import { RecorderError } from './errors.js';

/** Slices of room that are left when a recording is told to stop: what MediaRecorder still holds must fit as well. */
const SLICES_LEFT = 4;

/**
 * How much a session takes: its max_bytes, or as much as its part numbers hold. Says in time when a recording has to
 * end, and cuts off what does not fit in spite of that.
 */
export class SizeLimit {
  #taken = 0;
  #largest = 0;

  /** @param {import('./wire.js').Opened} session */
  constructor({ part_size, max_parts, max_bytes }) {
    const inParts = part_size * max_parts;
    this.bytes = Math.min(max_bytes, inParts);
    this.error = inParts < max_bytes
      ? new RecorderError('too-many-parts', `the session's last part number is ${max_parts}`, { limit: max_parts })
      : new RecorderError('max-bytes', `the session takes at most ${max_bytes} bytes`, { limit: max_bytes });
  }

  /**
   * @param {Blob} blob
   * @returns {Blob} as much of its beginning as fits
   */
  take(blob) {
    const fits = blob.slice(0, Math.max(0, this.bytes - this.#taken));
    this.#largest = Math.max(this.#largest, blob.size);
    this.#taken += fits.size;
    return fits;
  }

  /** Whether it is time to stop. */
  get near() {
    return this.bytes - this.#taken < SLICES_LEFT * this.#largest;
  }
}
