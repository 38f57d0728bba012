/**
 * Which parts S3 has, as far as that is known, and which are being sent.
 *
 * A PUT that was cut may still arrive later, after the PUT that replaced it. So from the start of a PUT until its answer,
 * nobody knows what S3 has under that number. In the end, complete compares every part with the claim.
 */

/**
 * @typedef {import('./parts-uploader.js').Part} Part
 *
 * @typedef {object} Have what S3 is known to have under a number
 * @property {number} size
 * @property {string} [etag]
 * @property {string} [checksum]
 *
 * @typedef {object} Counts
 * @property {number} uploadedBytes acknowledged by S3
 * @property {number} sendingBytes being sent, and not counted in uploadedBytes
 * @property {number} partsUploaded
 * @property {number} partsInFlight
 */

import { plainEtag } from './etag.js';

export class PartsInS3 {
  /** @type {Map<number, Have>} what S3 has; nothing is known of a number that is being sent */
  #have = new Map();
  /** @type {Map<number, {bytes: number, lasting: boolean}>} acknowledged, by number */
  #acknowledged = new Map();
  /** @type {Map<number, number>} bytes on their way, by part number */
  #sending = new Map();
  /** @type {Set<number>} numbers of which a checkpoint is on its way, or was cut: it may still come, and replace what was acknowledged since */
  #suspect;
  #onSuspects;
  /** The session is being completed: it takes no parts, and may have fewer than it is called to have. */
  frozen = false;

  /**
   * @param {number[] | undefined} suspects as onSuspects told, before a crash
   * @param {(numbers: number[]) => void} onSuspects what S3 has of these may yet be replaced: to be kept over a crash
   */
  constructor(suspects, onSuspects) {
    this.#suspect = new Set(suspects);
    this.#onSuspects = onSuspects;
  }

  /** @returns {Counts} */
  get counts() {
    const all = [...this.#acknowledged.values()];
    let sendingBytes = 0;
    for (const [number, bytes] of this.#sending) sendingBytes += Math.max(0, bytes - (this.#acknowledged.get(number)?.bytes ?? 0));
    return {
      uploadedBytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      sendingBytes,
      partsUploaded: all.filter(({ lasting }) => lasting).length,
      partsInFlight: this.#sending.size,
    };
  }

  /** How many numbers are being sent. */
  get sendingCount() { return this.#sending.size; }

  /** @param {number} number */
  isSending(number) { return this.#sending.has(number); }

  /** Whether S3 has acknowledged a number for good. @param {number} number */
  has(number) {
    return this.#acknowledged.get(number)?.lasting ?? false;
  }

  /** Whether what S3 has of a number will surely stay. @param {number} number */
  isSafe(number) {
    return this.has(number) && !this.#suspect.has(number) && !this.frozen;
  }

  /** Whether S3 has exactly this content. @param {Part} part */
  holds({ number, size, checksum, etag }) {
    const have = this.#have.get(number);
    if (have?.size !== size) return false;
    if (checksum !== undefined && have.checksum !== undefined) return have.checksum === checksum; // the stronger proof rules
    return etag !== undefined && plainEtag(have.etag) === plainEtag(etag);
  }

  /** What S3 has under a number, where that is known. @param {number} number */
  whatIs(number) { return this.#have.get(number); }

  /** What the broker says that S3 has. @param {import('../broker/wire.js').SessionAnswer} answer */
  listed({ state, parts }) {
    this.frozen = state !== 'open';
    for (const { number, ...have } of parts) this.#have.set(number, have);
  }

  /** @param {number} number is being made ready, or sent, or waits for its next try */
  began(number) {
    this.#sending.set(number, 0);
  }

  /** @param {number} number */
  ended(number) {
    this.#sending.delete(number);
  }

  /**
   * A PUT begins.
   *
   * @param {Part} part
   * @returns {() => void} to be called when S3 has answered it, whatever it said: it does not come later any more
   */
  putting({ number, kind }) {
    this.#have.delete(number);
    this.#sending.set(number, 0);
    if (kind !== 'checkpoint' || this.#suspect.has(number)) return () => {}; // an earlier PUT stays in doubt
    this.#suspicion(() => this.#suspect.add(number));
    return () => this.#suspicion(() => this.#suspect.delete(number));
  }

  /** @param {Part} part @param {number} bytes of it that were sent */
  sent({ number, size }, bytes) {
    this.#sending.set(number, Math.min(bytes, size));
  }

  /** S3 has acknowledged it. @param {Part} part */
  arrived({ number, size, checksum, etag, kind }) {
    this.#have.set(number, { size, checksum, etag });
    this.#acknowledged.set(number, { bytes: size, lasting: kind !== 'checkpoint' || this.has(number) });
  }

  /** S3 lost it, or has something else. @param {number} number */
  forget(number) {
    this.#have.delete(number);
    this.#acknowledged.delete(number);
  }

  /** @param {() => void} change */
  #suspicion(change) {
    change();
    this.#onSuspects([...this.#suspect]);
  }
}
