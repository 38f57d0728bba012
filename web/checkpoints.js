/**
 * What goes to S3 before its time, for the device that never comes back: the growing last part every while, and part 1
 * with a header that knows the parts so far, so that what the broker salvages can be sought in.
 */

import { patched } from './patched.js';

/** Part 1 is bettered when so many parts are new. */
const PARTS_BETWEEN_HEADERS = 4;

export class Checkpoints {
  #bytes;
  #inS3;
  #uploader;
  #partSize;
  #limitBytes;
  #timing;
  #now;
  #coveredAt;
  /** @type {number} */
  #everyMs;
  #coveredBytes = 0;
  #headerParts = 0;

  /**
   * @param {object} options
   * @param {import('./byte-source.js').ByteSource} options.bytes
   * @param {import('./parts-in-s3.js').PartsInS3} options.inS3
   * @param {import('./uploader.js').Uploader} options.uploader
   * @param {number} options.partSize
   * @param {number} options.limitBytes how much the session takes
   * @param {import('./timing.js').Timing} options.timing
   * @param {() => number} options.now
   */
  constructor({ bytes, inS3, uploader, partSize, limitBytes, timing, now }) {
    this.#bytes = bytes;
    this.#inS3 = inS3;
    this.#uploader = uploader;
    this.#partSize = partSize;
    this.#limitBytes = limitBytes;
    this.#timing = timing;
    this.#now = now;
    this.#coveredAt = now();
    this.#everyMs = timing.tailFirstMs;
  }

  /** Everything up to now is in the uploader's hands. @param {number} bytes */
  covered(bytes) {
    this.#coveredAt = this.#now();
    this.#coveredBytes = bytes;
  }

  /**
   * Makes a checkpoint where one is due. A tail that waits behind whole parts would be of no use to a salvage, and take the
   * uplink from them: so all this happens only while nothing else is to be sent.
   */
  async look() {
    if (!this.#uploader.idle || this.#bytes.ended) return;
    this.#header();
    if (this.#now() - this.#coveredAt < this.#everyMs) return;
    if (await this.#tail()) this.#everyMs = Math.min(2 * this.#everyMs, this.#timing.tailMostMs);
  }

  /** @returns {Promise<boolean>} whether there was something new */
  async #tail() {
    if (this.#bytes.size + this.#bytes.pendingBytes <= this.#coveredBytes) return false; // paused
    const { size: end, tail, patches } = await this.#bytes.preview();
    const number = this.#growing(end);
    const from = (number - 1) * this.#partSize;
    const most = Math.min(this.#partSize, this.#limitBytes - from);
    const withTail = end - from + tail.reduce((sum, { length }) => sum + length, 0);
    const fits = withTail <= most;
    const size = fits ? withTail : end - from;
    if (size === 0 || size > most) return false;
    const body = new Blob([await this.#bytes.slice(from, end), ...(fits ? /** @type {BlobPart[]} */ (tail) : [])]);
    if (this.#bytes.ended || this.#growing(this.#bytes.size) !== number) return false; // it is whole by now
    this.covered(this.#bytes.size + this.#bytes.pendingBytes);
    const blob = number === 1 ? patched(body, patches(size)) : body;
    this.#uploader.add(number, size, async () => blob, { kind: 'checkpoint' });
    return true;
  }

  /** The number of the part that grows. @param {number} bytes */
  #growing(bytes) {
    return Math.floor(bytes / this.#partSize) + 1;
  }

  #header() {
    let parts = 0;
    while (this.#inS3.has(parts + 1)) parts++;
    if (parts - this.#headerParts < PARTS_BETWEEN_HEADERS) return;
    this.#headerParts = parts;
    const patches = this.#bytes.patches(parts * this.#partSize);
    if (patches.length === 0) return;
    const body = async () => patched(await this.#bytes.slice(0, this.#partSize), patches);
    this.#uploader.add(1, this.#partSize, body, { kind: 'checkpoint' });
  }
}
