/**
 * Sends parts to S3 early, in case the device never comes back: the growing last part from time to time, and part 1 with a
 * header that knows the parts so far. So people can seek in what the broker salvages.
 */

import { patched } from '../bytes/patched.js';

/** Part 1 is bettered when so many parts are new. */
const PARTS_BETWEEN_HEADERS = 4;
/**
 * Each tail is sent from its beginning, so a voice memo, whose part takes most of an hour to fill, could be sent forty times. A
 * part has rungs instead: the last begins at a third of it, the one before at a ninth, and so on; on each there is one tail at
 * most. So S3 has a third of what was recorded, or more, at half a part for each part.
 */
const RUNG = 3;
/** All checkpoints together are at most what was recorded, and this of a part: what the rungs but the last one come to, and a little. */
const MOST_MORE = 1 / 5;
/** And while it goes on, of a short recording so many times what was recorded. */
const MOST_TIMES = 1.5;

export class Checkpoints {
  #bytes;
  #inS3;
  #uploader;
  #partSize;
  #limitBytes;
  #means;
  #coveredAt;
  #coveredBytes = 0;
  #rung = Infinity; // of the last tail of the part that grows; 1 is the last of all
  #grownTo = 0;
  #grownAt = 0; // when it was seen to be as large
  #headerParts = 0;
  #sentBytes = 0;

  /**
   * @param {object} options
   * @param {import('../bytes/byte-source.js').ByteSource} options.bytes
   * @param {import('../s3/parts-in-s3.js').PartsInS3} options.inS3
   * @param {import('../s3/parts-uploader.js').PartsUploader} options.uploader
   * @param {number} options.partSize
   * @param {number} options.limitBytes how much the session takes
   * @param {import('../s3/means.js').Means} means
   */
  constructor({ bytes, inS3, uploader, partSize, limitBytes }, means) {
    this.#bytes = bytes;
    this.#inS3 = inS3;
    this.#uploader = uploader;
    this.#partSize = partSize;
    this.#limitBytes = limitBytes;
    this.#means = means;
    this.#coveredAt = means.now();
  }

  /** Everything up to now is in the uploader's hands, in whole parts. @param {number} bytes */
  covered(bytes) {
    this.#rung = Infinity;
    this.#note(bytes);
  }

  /** @param {number} bytes that S3 has or gets now */
  #note(bytes) {
    this.#coveredAt = this.#means.now();
    this.#coveredBytes = bytes;
  }

  /**
   * Makes a checkpoint where one is due. A tail that waits behind whole parts would be of no use to a salvage, and take the
   * uplink from them: so all this happens only while nothing else is to be sent.
   */
  async look() {
    if (!this.#uploader.idle || this.#bytes.ended) return;
    if (this.#means.connection.saveData && this.#bytes.durable) return; // this device has it, and sends nothing twice
    this.#header();
    const now = this.#means.now();
    if (this.#recorded > this.#grownTo) [this.#grownTo, this.#grownAt] = [this.#recorded, now];
    const { tailFirstMs, tailMostMs } = this.#means.timing;
    if (now - this.#coveredAt >= (this.#recorded < this.#partSize ? tailFirstMs : tailMostMs)) await this.#tail(now - this.#grownAt >= tailMostMs);
  }

  get #recorded() { return this.#bytes.size + this.#bytes.pendingBytes; }

  /** @param {boolean} paused nothing comes: then no better moment does */
  async #tail(paused) {
    if (this.#recorded <= this.#coveredBytes) return; // nothing came since
    if (!paused && !this.#climbed(this.#recorded % this.#partSize || this.#partSize)) return; // seen without laying it out
    const { size: end, tail, patches } = await this.#bytes.preview();
    const number = this.#growing(end);
    const from = (number - 1) * this.#partSize;
    const most = Math.min(this.#partSize, this.#limitBytes - from);
    const withTail = end - from + tail.reduce((sum, { length }) => sum + length, 0);
    const fits = withTail <= most;
    const size = fits ? withTail : end - from;
    if (size === 0 || size > most || !(paused ? this.#affords(size, from + size, Infinity) : this.#due(from, size))) return;
    const body = new Blob([await this.#bytes.slice(from, end), ...(fits ? /** @type {BlobPart[]} */ (tail) : [])]);
    if (this.#bytes.ended || this.#growing(this.#bytes.size) !== number) return; // it is whole by now
    this.#note(this.#recorded);
    this.#rung = this.#rungOf(size);
    const blob = number === 1 ? patched(body, patches(size)) : body;
    this.#send(number, size, async () => blob);
  }

  /**
   * Whether a tail is the first on its rung, and can be afforded together with one at the beginning of each rung behind it.
   *
   * @param {number} from what is in whole parts
   * @param {number} size
   */
  #due(from, size) {
    if (!this.#climbed(size)) return false;
    let sum = 0;
    for (let tail = size, next = this.#rungOf(size); next >= 1; tail = this.#partSize / RUNG ** --next) {
      sum += tail;
      if (!this.#affords(sum, from + tail)) return false;
    }
    return true;
  }

  /** Whether no tail was sent on this rung yet. @param {number} size of a tail */
  #climbed(size) { return this.#rungOf(size) < this.#rung; }

  /** @param {number} size of a tail */
  #rungOf(size) { return Math.max(1, Math.ceil(Math.log(this.#partSize / size) / Math.log(RUNG))); }

  /** @param {number} bytes of checkpoints @param {number} recorded when they are sent @param {number} [mostTimes] */
  #affords(bytes, recorded, mostTimes = MOST_TIMES) {
    return this.#sentBytes + bytes <= Math.min(recorded + MOST_MORE * this.#partSize, mostTimes * recorded);
  }

  /** @param {number} number @param {number} size @param {() => Promise<Blob>} body */
  #send(number, size, body) {
    this.#sentBytes += size;
    this.#uploader.add(number, size, body, { kind: 'checkpoint' });
  }

  /** The number of the part that grows. @param {number} bytes */
  #growing(bytes) {
    return Math.floor(bytes / this.#partSize) + 1;
  }

  #header() {
    let parts = 0;
    while (this.#inS3.has(parts + 1)) parts++;
    if (parts - this.#headerParts < PARTS_BETWEEN_HEADERS || !this.#affords(this.#partSize, this.#recorded)) return;
    this.#headerParts = parts;
    const patches = this.#bytes.patches(parts * this.#partSize);
    if (patches.length === 0) return;
    const body = async () => patched(await this.#bytes.slice(0, this.#partSize), patches);
    this.#send(1, this.#partSize, body);
  }
}
