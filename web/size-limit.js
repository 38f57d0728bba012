import { RecorderError } from './errors.js';

/** Slices of room that are left when a recording is told to stop: what MediaRecorder still holds must fit as well. */
const SLICES_LEFT = 4;

/** How much a session takes: its max_bytes, or as much as its part numbers hold. */
export class SizeLimit {
  /** @param {import('./wire.js').Opened} session */
  constructor({ part_size, max_parts, max_bytes }) {
    const inParts = part_size * max_parts;
    this.bytes = Math.min(max_bytes, inParts);
    this.error = inParts < max_bytes
      ? new RecorderError('too-many-parts', `the session's last part number is ${max_parts}`, { limit: max_parts })
      : new RecorderError('max-bytes', `the session takes at most ${max_bytes} bytes`, { limit: max_bytes });
  }

  /**
   * Whether a recording has to end now.
   *
   * @param {number} recordedBytes so far
   * @param {number} sliceBytes size of its largest slice
   */
  isNear(recordedBytes, sliceBytes) {
    return this.bytes - recordedBytes < SLICES_LEFT * sliceBytes;
  }
}
