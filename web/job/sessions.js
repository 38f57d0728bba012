/**
 * Brings all bytes into one session: the session that is stored with them, or a new one if there is none or if it is gone.
 */

import { backoffMs, sleep } from '../base/backoff.js';
import { abortSession } from '../broker/discard.js';
import { asRecorderError, RecorderError } from '../base/errors.js';
import { isSessionGone } from '../broker/gone.js';
import { leaveOut } from './leave-out.js';
import { openSession } from '../broker/open-session.js';
import { Parallelism } from '../s3/parallelism.js';
import { SessionClient } from '../broker/session-client.js';
import { SizeLimit } from './size-limit.js';
import { SessionUpload } from './session-upload.js';
import { within } from '../base/within.js';

/** Sessions that are gone in a row, before it is called a failure. */
const START_OVERS = 3;

/**
 * @typedef {object} SessionsEvents
 * @property {(session: import('../broker/wire.js').Opened) => void} onOpened this is the session
 * @property {(session: SessionClient) => void} onBegun it takes bytes from now on
 * @property {(part: import('../s3/parts-uploader.js').Part) => void} onPart S3 has this part, and for good
 * @property {() => void} onChange the counts changed
 * @property {(error: RecorderError) => void} onTrouble something fails and is being retried
 */

export class Sessions {
  #job;
  #bytes;
  #broker;
  #getGrant;
  #means;
  #events;
  /** @type {Promise<import('../broker/wire.js').Opened> | null} */
  #opening = null;
  /** The session that takes bytes now. @type {SessionUpload | null} */
  current = null;
  /** @type {import('../broker/wire.js').Opened[]} sessions that were left for another, and are open yet */
  #left = [];

  /**
   * @param {object} options
   * @param {import('../base/messages.js').JobOrder} options.job
   * @param {import('../bytes/byte-source.js').ByteSource} options.bytes
   * @param {import('../broker/client.js').BrokerClient} options.broker
   * @param {() => Promise<string>} options.getGrant
   * @param {SessionsEvents} options.events
   * @param {import('../s3/means.js').Means} means
   */
  constructor({ job, bytes, broker, getGrant, events }, means) {
    this.#job = job;
    this.#bytes = bytes;
    this.#broker = broker;
    this.#getGrant = getGrant;
    this.#means = means;
    this.#events = events;
  }

  /** Until a session says more, what the page asked for. */
  get limit() { return this.current?.limit ?? SizeLimit.asked(this.#job.maxBytes); }

  /** Why the session cannot have all that was recorded, or null. */
  get tooLarge() {
    return this.#bytes.ended && this.current ? this.current.limit.refuse(this.#bytes.size) : null;
  }

  /** The session that was asked for last; null where it did not open, undefined where none was. */
  get opening() { return this.#opening?.catch(() => null); }

  /**
   * Aborts the sessions that were left, which only those may do who have what they hold: where it lies in memory that is
   * so when another has all of it. Best effort, and bounded: the reaper comes after us. Never rejects.
   */
  async abortLeft() {
    await Promise.allSettled(this.#left.splice(0).map((opened) => {
      const session = new SessionClient({ broker: this.#broker, opened, getGrant: this.#getGrant });
      return within(this.#means.timing.cancelMs, (signal) => abortSession(session, signal));
    }));
  }

  /**
   * Sends everything and completes; after a failure it goes on with what S3 lacks. While it is recorded it waits for a
   * grant as for a network.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<import('../broker/wire.js').Completed>}
   */
  async run(signal) {
    let startOvers = 0;
    let refusals = 0;
    for (;;) {
      try {
        const upload = await this.#begun(signal);
        refusals = 0;
        const completed = await upload.run(signal);
        await this.abortLeft();
        return completed;
      } catch (error) {
        if (signal.aborted) throw error;
        if (this.#waitsForGrant(error)) await this.#sleepOver(asRecorderError(error), ++refusals, signal);
        else if (isSessionGone(error) && ++startOvers <= START_OVERS) await this.#startOver(asRecorderError(error));
        else if (this.#bytes.announced === undefined && leaveOut(this.#job, error)) await this.#openAnew(asRecorderError(error));
        else throw error;
      }
    }
  }

  /** The upload under way, or one that begins: in the session that is kept, or in a new one. @param {AbortSignal} signal */
  async #begun(signal) {
    await this.#leaveTooSmallSession();
    if (this.current) {
      await this.current.resume(signal); // what it knew may be long ago
      return this.current;
    }
    const kept = this.#bytes.upload.session;
    const opened = kept ?? await this.#open(signal);
    const upload = this.#uploadInto(opened);
    if (!kept) this.#keep(opened);
    if (this.#bytes.durable) void this.abortLeft();
    this.#events.onOpened(opened);
    if (kept) await upload.resume(signal);
    this.current = upload;
    this.#events.onBegun(upload.session);
    return upload;
  }

  /** @param {AbortSignal} signal */
  #open(signal) {
    const { announced: size, upload: { openKey } } = this.#bytes;
    this.#opening = openSession(this.#broker, this.#job, { size, openKey, getGrant: this.#getGrant, signal });
    return this.#opening;
  }

  /** @param {import('../broker/wire.js').Opened} opened */
  #uploadInto(opened) {
    const { onChange, onTrouble } = this.#events;
    return new SessionUpload({
      session: new SessionClient({ broker: this.#broker, opened, getGrant: this.#getGrant, onRenewed: (renewed) => this.#keep(renewed) }),
      bytes: this.#bytes, parallelism: new Parallelism(this.#job.parallel, this.#means.now),
      events: { onPart: (part) => this.#acknowledged(part), onSuspects: (numbers) => this.#suspects(numbers), onChange, onTrouble },
    }, this.#means);
  }

  /** @param {import('../broker/wire.js').Opened} opened to be found again after a crash */
  #keep(opened) {
    this.#bytes.upload.session = opened;
    void this.#bytes.save().catch(() => {}); // where the disk is full it is found by its idempotency key
  }

  /** @param {number[]} numbers */
  #suspects(numbers) {
    this.#bytes.upload.suspects = numbers;
    void this.#bytes.save().catch(() => {}); // without it complete alone compares them
  }

  /** @param {import('../s3/parts-uploader.js').Part} part */
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
    if (!tooLarge || !this.current || this.#bytes.lostBytes > 0) return;
    this.#job.maxBytes = undefined;
    this.#left.push(this.current.session.opened);
    await this.#startOver(tooLarge);
  }

  /**
   * Whether it is for want of a grant, and there is time: a back end that fails for a minute ends no recording. One that
   * has no session yet is told at once that its grant is none.
   *
   * @param {unknown} error
   */
  #waitsForGrant(error) {
    if (this.#bytes.ended || !(error instanceof RecorderError)) return false;
    const { code, field } = error;
    return code === 'grant-failed' || (code === 'unauthorized' && field === 'grant' && this.#bytes.upload.session !== null);
  }

  /** @param {RecorderError} error @param {number} failures in a row @param {AbortSignal} signal */
  async #sleepOver(error, failures, signal) {
    this.#events.onTrouble(error);
    await sleep(backoffMs(failures, this.#means.timing, this.#means), { signal, wake: this.#means.connection });
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
    await this.#openAnew(new RecorderError('started-over', `the session is over, all goes up into another: ${cause.message}`, { reason: cause.reason }));
  }

  /** @param {RecorderError} why is told */
  async #openAnew(why) {
    this.#events.onTrouble(why);
    this.current = null;
    Object.assign(this.#bytes.upload, { session: null, parts: [], suspects: [], openKey: crypto.randomUUID() });
    await this.#bytes.save().catch(() => {});
  }
}
