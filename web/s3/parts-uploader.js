/**
 * Brings parts to S3, several at once, and completes the upload.
 *
 * A number never has two PUTs in flight. A number can get new content: the tail grows, and part 1 gets its final header. Then
 * the newer PUT waits until the older one has ended. If the older one fails, it is not tried again.
 */

import { childOf, sleep } from '../base/backoff.js';
import { deferred } from '../base/deferred.js';
import { RecorderError } from '../base/errors.js';
import { moreInS3 } from '../broker/gone.js';
import { isKnown } from '../checksum/checksum.js';
import { PartQueue } from './part-queue.js';
import { PartSender } from './part-sender.js';
import { UrlSource } from './url-source.js';

/** Rounds of "the claim and S3 differ, PUT these parts again" before it is called a failure. */
const COMPLETE_ROUNDS = 5;
/** The longest that a claim may say, as in api/openapi.yaml: a year. */
const MAX_DURATION_MS = 31_536_000_000;
/** What is left at the end goes side by side, whatever the uplink: the part in flight, the tail, part 1 again. */
const LAST_PARTS = 3;

/**
 * @typedef {object} Part one content of one number
 * @property {number} number from 1
 * @property {number} size in bytes
 * @property {() => Promise<Blob>} body reads the bytes; the Blob has no type
 * @property {'new' | 'again' | 'last' | 'checkpoint'} kind new bytes; part 1 with its final header; the same if it plays only
 *   once all other parts are there; a checkpoint, which a later part replaces
 * @property {string} [checksum] by the session's algorithm, in base64, once the part was hashed
 * @property {string} [etag] as S3 sent it, if the page may read it
 * @property {boolean} uploaded nothing is left to send: S3 has acknowledged the part, or the session is being completed
 *
 * @typedef {object} PartsUploaderEvents
 * @property {(part: Part) => void} onPart S3 has this part, and for good
 * @property {() => void} onChange the counts changed
 * @property {(error: RecorderError) => void} onTrouble something fails and is being retried
 */

export class PartsUploader {
  #session;
  #inS3;
  #urls;
  #sender;
  #parallelism;
  #means;
  #events;
  #queue = new PartQueue();
  /** @type {Map<number, Part>} what each number is to hold */
  #wanted = new Map();
  /** @type {{signal: AbortSignal, drained: import('../base/deferred.js').Deferred<void>, sends: Set<Promise<void>>} | null} */
  #run = null;
  #ended = false;
  #durationMs = 0; // 0: nobody knows
  /** @type {{number: number, error: RecorderError} | null} the first part that this device has no more */
  #lost = null;

  /**
   * @param {object} options
   * @param {import('../broker/session-client.js').SessionClient} options.session
   * @param {import('./parts-in-s3.js').PartsInS3} options.inS3
   * @param {import('./parallelism.js').Parallelism} options.parallelism
   * @param {PartsUploaderEvents} options.events
   * @param {import('./means.js').Means} means
   * @throws {RecorderError} `not-supported` where a later broker opened a session with a checksum of which this knows nothing
   */
  constructor({ session, inS3, parallelism, events }, means) {
    const { checksum: algorithm } = session.opened;
    if (!isKnown(algorithm)) {
      throw new RecorderError('not-supported', `the parts of this session need the checksum ${algorithm}, which this recorder cannot make; a later one can`, { field: 'checksum' });
    }
    this.#session = session;
    this.#inS3 = inS3;
    this.#urls = new UrlSource(session, means);
    this.#sender = new PartSender({
      algorithm, urls: this.#urls, inS3, isWanted: (part) => this.#isWanted(part), isFinal: () => this.#ended, events,
    }, means);
    this.#parallelism = parallelism;
    this.#means = means;
    this.#events = events;
  }

  /**
   * Gives a number its content, or a newer one.
   *
   * @param {number} number
   * @param {number} size
   * @param {() => Promise<Blob>} body
   * @param {{kind?: Part['kind'], checksum?: string, etag?: string}} [known] checksum and ETag where the recording was
   *   interrupted after S3 had it
   */
  add(number, size, body, { kind = 'new', checksum, etag } = {}) {
    /** @type {Part} */
    const part = { number, size, body, kind, checksum, etag, uploaded: false };
    const older = this.#wanted.get(number);
    if (older) this.#queue.remove(older);
    this.#wanted.set(number, part);
    this.#queue.add(part);
    this.#pump();
  }

  /** All numbers have their final content. @param {number} durationMs how long it is, 0 where nobody knows */
  end(durationMs) {
    const whole = Math.round(durationMs);
    this.#durationMs = whole <= MAX_DURATION_MS ? whole : 0; // the broker refuses more, and NaN is no number
    this.#ended = true;
    this.#pump();
  }

  /**
   * What S3 lists: a part that is there already is not sent again.
   *
   * @param {import('../broker/wire.js').SessionAnswer} answer
   */
  found(answer) {
    const thaws = this.#inS3.frozen && answer.state === 'open';
    this.#inS3.listed(answer);
    if (!thaws) return;
    const listed = new Set(answer.parts.map(({ number }) => number));
    for (const part of this.#wanted.values()) if (part.uploaded && !listed.has(part.number)) this.#sendAgain(part);
  }

  /** Nothing waits and nothing is being sent. */
  get idle() {
    return this.#queue.length === 0 && this.#inS3.sendingCount === 0;
  }

  /**
   * Sends every part as it comes and completes. After a failure it may be called again: what S3 has stays, what it
   * lacks is sent.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<import('../broker/wire.js').Completed>}
   */
  async run(signal) {
    await this.#sendAll(signal);
    for (let round = 1; ; round++) {
      try {
        return await this.complete(signal);
      } catch (error) {
        const disputed = this.#disputed(error);
        if (disputed.length === 0 || round === COMPLETE_ROUNDS) throw error;
        for (const part of disputed) this.#sendAgain(part);
        await this.#sendAll(signal);
      }
    }
  }

  /**
   * Claims every part; a session that is completed already answers with the same result.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<import('../broker/wire.js').Completed>}
   */
  complete(signal) {
    return this.#session.complete(this.#claim(), signal);
  }

  /** @param {AbortSignal} signal */
  async #sendAll(signal) {
    const limit = childOf(signal);
    const run = this.#run = { signal: limit.signal, drained: deferred(), sends: new Set() };
    const heartbeat = this.#heartbeat(run.signal);
    this.#lost = null;
    this.#pump();
    try {
      await Promise.race([run.drained.promise, heartbeat]);
    } finally {
      this.#run = null;
      limit.abort(new RecorderError('cancelled', 'this run is over'));
      limit.release();
      await Promise.allSettled([...run.sends, heartbeat]); // before anything else may PUT the same numbers
    }
  }

  /** Starts as many sends as may run side by side. */
  #pump() {
    const run = this.#run;
    if (!run) return;
    const last = this.#ended && this.#queue.length + this.#inS3.sendingCount <= LAST_PARTS;
    const limit = this.#parallelism.limit(this.#session.opened.part_size, last ? LAST_PARTS : 1);
    while (this.#inS3.sendingCount < limit) {
      const part = this.#queue.take((candidate) => this.#maySend(candidate));
      if (!part) break;
      const send = this.#carry(part, run.signal).catch(run.drained.reject).finally(() => { run.sends.delete(send); this.#pump(); });
      run.sends.add(send);
    }
    if (this.#lost && this.#inS3.sendingCount === 0) run.drained.reject(this.#lost.error);
    if (this.#ended && this.idle) run.drained.resolve();
  }

  /** @param {Part} part */
  #maySend(part) {
    if (this.#inS3.isSending(part.number) || part.number >= (this.#lost?.number ?? Infinity)) return false;
    return part.kind !== 'last' || [...this.#wanted.values()].every((other) => other === part || other.uploaded);
  }

  /**
   * @param {Part} part
   * @param {AbortSignal} signal
   */
  async #carry(part, signal) {
    this.#inS3.began(part.number);
    this.#parallelism.began();
    this.#events.onChange();
    try {
      await this.#sender.send(part, signal);
    } catch (error) {
      this.#lose(part, error);
    } finally {
      this.#inS3.ended(part.number);
      this.#parallelism.ended(part.uploaded ? part.size : 0);
      if (!part.uploaded && this.#isWanted(part)) this.#queue.add(part);
      this.#events.onChange();
    }
  }

  /**
   * A part that is lost ends the upload, but not before those in front of it are in S3: that much can be salvaged.
   *
   * @param {Part} part
   * @param {unknown} error
   */
  #lose({ number }, error) {
    if (!(error instanceof RecorderError) || error.code !== 'bytes-lost') throw error;
    if (number < (this.#lost?.number ?? Infinity)) this.#lost = { number, error };
    this.#events.onTrouble(error);
  }

  /** @param {Part} part */
  #isWanted(part) {
    return this.#wanted.get(part.number) === part;
  }

  /** @param {Part} part */
  #sendAgain(part) {
    part.uploaded = false;
    part.etag = undefined;
    this.#inS3.forget(part.number);
    this.#queue.add(part);
  }

  /** @returns {import('../broker/wire.js').Claim} */
  #claim() {
    const parts = [...this.#wanted.values()]
      .sort((a, b) => a.number - b.number)
      .map(({ number, size, etag, checksum }) => ({ number, size, etag, checksum }));
    const claim = { parts, size: parts.reduce((sum, { size }) => sum + size, 0) };
    return this.#durationMs > 0 ? { ...claim, duration_ms: this.#durationMs } : claim;
  }

  /**
   * The parts that, as the broker says, differ in S3. If the broker names parts, the session is open again and takes them.
   *
   * @param {unknown} error
   * @throws {RecorderError} where S3 has more, see {@link moreInS3}
   */
  #disputed(error) {
    if (!(error instanceof RecorderError) || error.code !== 'conflict') return [];
    if (error.parts?.some(({ number, have }) => (have?.size ?? 0) > (this.#wanted.get(number)?.size ?? -1))) throw moreInS3();
    const numbers = new Set(error.parts?.map(({ number }) => number)); // one may be named for its size and its ETag
    if (numbers.size > 0) this.#inS3.frozen = false;
    return [...numbers].flatMap((number) => this.#wanted.get(number) ?? []);
  }

  /**
   * Keeps a quiet session alive. Never resolves; rejects when the session is gone.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<never>}
   */
  async #heartbeat(signal) {
    const { now, timing: { heartbeatMs } } = this.#means;
    for (;;) {
      const quietMs = now() - this.#urls.calledAt;
      await sleep(Math.max(heartbeatMs - quietMs, heartbeatMs / 10), { signal });
      if (now() - this.#urls.calledAt >= heartbeatMs) await this.#urls.beat(signal);
    }
  }
}
