/**
 * Brings the whole of the bytes into one session: the one that is kept with them, a new one, or another where that one is
 * gone.
 */

import { asRecorderError, RecorderError } from './errors.js';
import { isSessionGone } from './gone.js';
import { openSession } from './open-session.js';
import { Parallelism } from './parallelism.js';
import { Session } from './session.js';
import { SizeLimit } from './size-limit.js';
import { Upload } from './upload.js';

/** Sessions that are gone in a row, before it is called a failure. */
const START_OVERS = 3;

/** @type {import('./parts-in-s3.js').Counts} */
const NOTHING = { uploadedBytes: 0, sendingBytes: 0, partsUploaded: 0, partsInFlight: 0 };

/**
 * @typedef {object} WholeUploadEvents
 * @property {(session: import('./wire.js').Opened) => void} onOpened this is the session
 * @property {() => void} onBegun it takes bytes from now on
 * @property {(part: import('./uploader.js').Part) => void} onPart S3 has this part, and for good
 * @property {() => void} onChange the counts changed
 * @property {(error: RecorderError) => void} onTrouble something fails and is being retried
 */

export class WholeUpload {
  #job;
  #bytes;
  #broker;
  #getGrant;
  #put;
  #timing;
  #now;
  #random;
  #connection;
  #events;
  /** @type {Promise<import('./wire.js').Opened> | null} */
  #opening = null;
  /** @type {Upload | null} */
  #upload = null;

  /**
   * @param {object} options
   * @param {import('./messages.js').Job} options.job
   * @param {import('./byte-source.js').ByteSource} options.bytes
   * @param {import('./broker-client.js').BrokerClient} options.broker
   * @param {() => Promise<string>} options.getGrant
   * @param {import('./put.js').Put} options.put
   * @param {import('./timing.js').Timing} options.timing
   * @param {() => number} options.now a clock that does not stand still while the machine sleeps
   * @param {() => number} [options.random]
   * @param {import('./connection.js').Connection} options.connection
   * @param {WholeUploadEvents} options.events
   */
  constructor({ job, bytes, broker, getGrant, put, timing, now, random, connection, events }) {
    this.#job = job;
    this.#bytes = bytes;
    this.#broker = broker;
    this.#getGrant = getGrant;
    this.#put = put;
    this.#timing = timing;
    this.#now = now;
    this.#random = random;
    this.#connection = connection;
    this.#events = events;
  }

  get counts() { return this.#upload?.counts ?? NOTHING; }

  /** Until a session says more, what the page asked for. */
  get limit() { return this.#upload?.limit ?? SizeLimit.asked(this.#job.maxBytes); }

  /** Why the session cannot have all that was recorded, or null. */
  get tooLarge() {
    return this.#bytes.ended && this.#upload ? this.#upload.limit.refuse(this.#bytes.size) : null;
  }

  /** The session that was asked for last; null where it did not open, undefined where none was. */
  get opening() { return this.#opening?.catch(() => null); }

  /** Whether S3 has these bytes for good, and nothing here reads them again. @param {number} from @param {number} to */
  has(from, to) {
    return this.#upload?.has(from, to) ?? false;
  }

  /** There are more bytes, or it is the end. */
  grown() {
    this.#upload?.grown();
  }

  /**
   * Sends everything and completes; after a failure it goes on with what S3 lacks.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<import('./wire.js').Completed>}
   */
  async run(signal) {
    for (let left = START_OVERS; ; left--) {
      try {
        const upload = await this.#begun(signal);
        return await upload.run(signal);
      } catch (error) {
        if (!isSessionGone(error) || left === 0 || signal.aborted) throw error;
        await this.#startOver(asRecorderError(error));
      }
    }
  }

  /**
   * Claims every part once more: a session that is completed already answers with the same result.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<import('./wire.js').Completed | undefined>} undefined where nothing began
   */
  async complete(signal) {
    return this.#upload?.complete(signal);
  }

  /** The upload under way, or one that begins: in the session that is kept, or in a new one. @param {AbortSignal} signal */
  async #begun(signal) {
    await this.#leaveTooSmallSession();
    if (this.#upload) {
      await this.#upload.resume(signal); // what it knew may be long ago
      return this.#upload;
    }
    const kept = this.#bytes.upload.session;
    const opened = kept ?? await this.#open(signal);
    const upload = this.#uploadInto(opened);
    if (!kept) this.#keep(opened);
    this.#events.onOpened(opened);
    if (kept) await upload.resume(signal);
    this.#upload = upload;
    this.#events.onBegun();
    return upload;
  }

  /** @param {AbortSignal} signal */
  #open(signal) {
    const { announced: size, upload: { openKey } } = this.#bytes;
    this.#opening = openSession(this.#broker, this.#job, { size, openKey, getGrant: this.#getGrant, signal });
    return this.#opening;
  }

  /** @param {import('./wire.js').Opened} opened */
  #uploadInto(opened) {
    const { onChange, onTrouble } = this.#events;
    return new Upload({
      session: new Session({ broker: this.#broker, opened, getGrant: this.#getGrant, onRenewed: (renewed) => this.#keep(renewed) }),
      bytes: this.#bytes, put: this.#put, parallelism: new Parallelism(this.#job.parallel, this.#now), timing: this.#timing, now: this.#now,
      random: this.#random, connection: this.#connection,
      events: { onPart: (part) => this.#acknowledged(part), onSuspects: (numbers) => this.#suspects(numbers), onChange, onTrouble },
    });
  }

  /** @param {import('./wire.js').Opened} opened to be found again after a crash */
  #keep(opened) {
    this.#bytes.upload.session = opened;
    void this.#bytes.save().catch(() => {}); // where the disk is full it is found by its idempotency key
  }

  /** @param {number[]} numbers */
  #suspects(numbers) {
    this.#bytes.upload.suspects = numbers;
    void this.#bytes.save().catch(() => {}); // without it complete alone compares them
  }

  /** @param {import('./uploader.js').Part} part */
  #acknowledged(part) {
    const { number, size, checksum, etag } = part;
    this.#bytes.upload.parts[number - 1] = { size, checksum, etag };
    void this.#bytes.save().catch(() => {}); // S3 has it, and says so when it is asked
    this.#events.onPart(part);
  }

  /**
   * Another grant may allow what this session does not take; and what the page asked for was to end a recording, not to
   * keep it out of S3.
   */
  async #leaveTooSmallSession() {
    const { tooLarge } = this;
    if (!tooLarge || this.#bytes.lostBytes > 0) return;
    this.#job.maxBytes = undefined;
    await this.#startOver(tooLarge);
  }

  /**
   * The session is gone: the whole goes up into another.
   *
   * @param {RecorderError} cause
   */
  async #startOver(cause) {
    const { lostBytes } = this.#bytes;
    if (lostBytes > 0) {
      const message = `${lostBytes} bytes are no longer on this device, and the session that had them is over: ${cause.message}`;
      throw new RecorderError('bytes-lost', message, { reason: cause.reason, cause });
    }
    const over = new RecorderError('started-over', `the session is over, all goes up into another: ${cause.message}`, { reason: cause.reason });
    this.#events.onTrouble(over);
    this.#upload = null;
    Object.assign(this.#bytes.upload, { session: null, parts: [], suspects: [], openKey: crypto.randomUUID() });
    await this.#bytes.save().catch(() => {});
  }
}
