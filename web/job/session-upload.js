/**
 * The upload into one session. It cuts the bytes into parts as they come, and makes checkpoints of the last bytes, which are not
 * a whole part yet.
 *
 *   bytes ──► parts of exactly part_size ──► uploader ──► S3
 *     └──► checkpoints of the tail and of part 1 ──┘
 */

import { childOf, sleep } from '../base/backoff.js';
import { Checkpoints } from './checkpoints.js';
import { asRecorderError, RecorderError } from '../base/errors.js';
import { moreInS3 } from '../broker/gone.js';
import { PartsInS3 } from '../s3/parts-in-s3.js';
import { patched } from '../bytes/patched.js';
import { SizeLimit } from './size-limit.js';
import { PartsUploader } from '../s3/parts-uploader.js';

export class SessionUpload {
  #bytes;
  #checkpoints;
  #lookMs;
  #events;
  #partSize;
  #parts = 0; // how many the uploader was given
  #whole = false; // it was given the last one
  #listedBytes = 0; // where the last part that S3 listed ends
  /** @type {RecorderError | null} why this session is to be left as it is */
  #leave = null;
  /** @type {ReturnType<typeof childOf> | null} */
  #attempt = null;
  #firstThere = false; // S3 has an earlier part 1, perhaps with a better header than the one here: it is replaced only at the end

  /**
   * @param {object} options
   * @param {import('../broker/session-client.js').SessionClient} options.session
   * @param {import('../bytes/byte-source.js').ByteSource} options.bytes
   * @param {import('../s3/parallelism.js').Parallelism} options.parallelism
   * @param {import('../s3/parts-uploader.js').PartsUploaderEvents & {onSuspects: (numbers: number[]) => void}} options.events onSuspects: to be kept over a crash
   * @param {import('../s3/means.js').Means} means
   * @throws {RecorderError} `max-bytes` or `too-many-parts` where a file is too large
   */
  constructor({ session, bytes, parallelism, events }, means) {
    const { opened } = this.session = session;
    this.limit = SizeLimit.of(opened);
    if (bytes.announced !== undefined && bytes.announced > this.limit.bytes) throw this.limit.error;
    this.#bytes = bytes;
    this.#lookMs = means.timing.lookMs;
    this.#events = events;
    this.#partSize = opened.part_size;
    const inS3 = this.inS3 = new PartsInS3(bytes.upload.suspects, events.onSuspects);
    const uploader = this.uploader = new PartsUploader({ session, inS3, parallelism, events }, means);
    this.#checkpoints = new Checkpoints({ bytes, inS3, uploader, partSize: this.#partSize, limitBytes: this.limit.bytes }, means);
  }

  /** Goes on with an earlier session, or after a failure: asks what S3 has of it. @param {AbortSignal} signal */
  async resume(signal) {
    const answer = await this.session.look(signal);
    if (this.#parts === 0) this.#firstThere = answer.parts.some(({ number, size }) => number === 1 && size === this.#partSize);
    this.#listedBytes = Math.max(0, ...answer.parts.map(({ number, size }) => (number - 1) * this.#partSize + size));
    this.uploader.found(answer);
  }

  /**
   * Sends everything and completes; may be called again after a failure. Where the bytes' side has failed there will never
   * be everything: it rejects at once. So it does where S3 has more, see {@link moreInS3}.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<import('../broker/wire.js').Completed>}
   */
  async run(signal) {
    if (this.#bytes.failure !== undefined) throw this.#bytes.failure;
    if (this.#leave) throw this.#leave;
    const attempt = this.#attempt = childOf(signal);
    const watching = this.#watch(attempt.signal);
    try {
      return await this.uploader.run(attempt.signal);
    } finally {
      attempt.abort(new RecorderError('cancelled', 'this upload is over'));
      attempt.release();
      await watching;
    }
  }

  /** Takes what is new in the bytes. More than the session takes is never the end: nothing may call that complete. */
  grown() {
    const size = Math.min(this.#bytes.size, this.limit.bytes);
    while ((this.#parts + 1) * this.#partSize <= size) {
      this.#add(this.#partSize);
      this.#checkpoints.covered(this.#parts * this.#partSize);
    }
    if (this.#bytes.ended && !this.#whole && !this.limit.refuse(this.#bytes.size)) this.#addRest(size);
  }

  /** Whether S3 has these bytes for good, and nothing here reads them again, as it does part 1. @param {number} from @param {number} to */
  has(from, to) {
    if (from < this.#partSize) return false;
    for (let number = Math.floor(from / this.#partSize) + 1; (number - 1) * this.#partSize < to; number++) {
      if (!this.inS3.isSafe(number)) return false;
    }
    return true;
  }

  /** @param {number} size of the next part */
  #add(size) {
    const from = this.#parts++ * this.#partSize;
    const number = this.#parts;
    if (number === 1 && this.#firstThere) return;
    const kept = number > 1 && this.#bytes.upload.parts[number - 1]; // part 1 may have got another header since
    this.uploader.add(number, size, () => this.#bytes.slice(from, from + size), kept && kept.size === size ? { ...kept } : {});
  }

  /** The last part, and part 1 with its final header; where they are the same, once. @param {number} size */
  #addRest(size) {
    this.#whole = true;
    if (this.#listedBytes > size) {
      this.#leave = moreInS3();
      return this.#attempt?.abort(this.#leave); // the uploader rejects with it, after its PUTs have ended
    }
    const rest = size - this.#parts * this.#partSize;
    const firstSize = Math.min(size, this.#partSize);
    const patches = this.#bytes.patches(size).filter(({ at, bytes }) => at + bytes.length <= firstSize);
    const kind = this.#bytes.patchesLast ? 'last' : 'again';
    if (rest > 0 && (this.#parts > 0 || patches.length === 0)) this.#add(rest);
    if (patches.length > 0 || this.#firstThere) {
      this.uploader.add(1, firstSize, async () => patched(await this.#bytes.slice(0, firstSize), patches), { kind });
    }
    this.uploader.end(this.#bytes.durationMs);
  }

  /** While it is recorded. A checkpoint that cannot be made is no reason to end. @param {AbortSignal} signal */
  async #watch(signal) {
    while (!this.#bytes.ended && !signal.aborted) {
      await sleep(this.#lookMs, { signal }).catch(() => {});
      if (!signal.aborted) await this.#checkpoints.look().catch((error) => this.#events.onTrouble(asRecorderError(error)));
    }
  }
}
