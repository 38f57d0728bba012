import { RecorderError } from '../base/errors.js';

/** Slices of room that are left when a recording is told to stop: what MediaRecorder still holds must fit as well. */
const SLICES_LEFT = 4;

/** How much may be recorded. */
export class SizeLimit {
  /** @param {number} bytes @param {RecorderError} error what it is called when it is reached */
  constructor(bytes, error) {
    this.bytes = bytes;
    this.error = error;
  }

  /** What a session takes: its max_bytes, or as much as its part numbers hold. @param {import('../broker/wire.js').Opened} session */
  static of({ part_size, max_parts, max_bytes }) {
    const inParts = part_size * max_parts;
    if (inParts >= max_bytes) return SizeLimit.asked(max_bytes);
    return new SizeLimit(inParts, new RecorderError('too-many-parts', `the session's last part number is ${max_parts}`, { limit: max_parts }));
  }

  /** What the page asked for, which holds before there is a session. @param {number} [maxBytes] */
  static asked(maxBytes = Infinity) {
    return new SizeLimit(maxBytes, new RecorderError('max-bytes', `at most ${maxBytes} bytes are taken`, { limit: maxBytes }));
  }

  /** Why a recording of so many bytes does not fit, or null. @param {number} bytes */
  refuse(bytes) {
    if (bytes <= this.bytes) return null;
    const { code, message, limit } = this.error;
    return new RecorderError(code, `${bytes} bytes were recorded, and ${message}`, { limit, reason: 'recorded-more' });
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
