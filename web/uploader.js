/**
 * Brings parts to S3, some side by side, and completes the upload.
 *
 * A number never has two PUTs in flight. It may be given new content, as the tail that grows or part 1 when its header is
 * final: then the newer waits until the older has ended, and an older that fails is not tried again.
 */

import { childOf, sleep } from './backoff.js';
import { deferred } from './deferred.js';
import { RecorderError } from './errors.js';
import { moreInS3 } from './gone.js';
import { PartQueue } from './part-queue.js';
import { PartSender } from './part-sender.js';
import { Signer } from './signer.js';

/** Rounds of "the claim and S3 differ, PUT these parts again" before it is called a failure. */
const COMPLETE_ROUNDS = 5;
/** What is left at the end goes side by side, whatever the uplink: the part in flight, the tail, part 1 again. */
const LAST_PARTS = 3;

/**
 * @typedef {object} Part one content of one number
 * @property {number} number from 1
 * @property {number} size in bytes
 * @property {() => Promise<Blob>} body reads it, without a type
 * @property {'new' | 'again' | 'checkpoint'} kind new bytes; part 1 with its final header; what something will replace
 * @property {string} [checksum] SHA-256 in base64, once it was hashed
 * @property {string} [etag] as S3 sent it, where it may be read
 * @property {boolean} uploaded there is nothing to send: S3 has acknowledged it, or the session is being completed
 *
 * @typedef {object} UploaderEvents
 * @property {(part: Part) => void} onPart S3 has this part, and for good
 * @property {() => void} onChange the counts changed
 * @property {(error: RecorderError) => void} onTrouble something fails and is being retried
 */

export class Uploader {
  #session;
  #inS3;
  #signer;
  #sender;
  #parallelism;
  #timing;
  #now;
  #events;
  #queue = new PartQueue();
  /** @type {Map<number, Part>} what each number is to hold */
  #wanted = new Map();
  /** @type {{signal: AbortSignal, drained: import('./deferred.js').Deferred<void>, sends: Set<Promise<void>>} | null} */
  #run = null;
  #ended = false;

  /**
   * @param {object} options
   * @param {import('./session.js').Session} options.session
   * @param {import('./parts-in-s3.js').PartsInS3} options.inS3
   * @param {import('./put.js').Put} options.put
   * @param {import('./parallelism.js').Parallelism} options.parallelism
   * @param {import('./timing.js').Timing} options.timing
   * @param {UploaderEvents} options.events
   * @param {() => number} options.now a clock that does not stand still while the machine sleeps, in milliseconds
   * @param {() => number} [options.random]
   * @param {import('./connection.js').Connection} options.connection
   */
  constructor({ session, inS3, put, parallelism, timing, events, now, random, connection }) {
    this.#session = session;
    this.#inS3 = inS3;
    this.#signer = new Signer({ session, now, urlMarginMs: timing.urlMarginMs });
    this.#sender = new PartSender({
      checksummed: session.opened.checksum === 'sha256', signer: this.#signer, inS3, isWanted: (part) => this.#isWanted(part),
      put, timing, events, now, random, connection,
    });
    this.#parallelism = parallelism;
    this.#timing = timing;
    this.#now = now;
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

  /** All numbers have their final content. */
  end() {
    this.#ended = true;
    this.#pump();
  }

  /**
   * What S3 lists: a part that is there already is not sent again.
   *
   * @param {import('./wire.js').SessionAnswer} answer
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
   * @returns {Promise<import('./wire.js').Completed>}
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
   * @returns {Promise<import('./wire.js').Completed>}
   */
  complete(signal) {
    return this.#session.complete(this.#claim(), signal);
  }

  /** @param {AbortSignal} signal */
  async #sendAll(signal) {
    const limit = childOf(signal);
    const run = this.#run = { signal: limit.signal, drained: deferred(), sends: new Set() };
    const heartbeat = this.#heartbeat(run.signal);
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
      const part = this.#queue.take((number) => this.#inS3.isSending(number));
      if (!part) break;
      const send = this.#carry(part, run.signal).catch(run.drained.reject).finally(() => { run.sends.delete(send); this.#pump(); });
      run.sends.add(send);
    }
    if (this.#ended && this.idle) run.drained.resolve();
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
    } finally {
      this.#inS3.ended(part.number);
      this.#parallelism.ended(part.uploaded ? part.size : 0);
      if (!part.uploaded && this.#isWanted(part)) this.#queue.add(part);
      this.#events.onChange();
    }
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

  /** @returns {import('./wire.js').Claim} */
  #claim() {
    const parts = [...this.#wanted.values()]
      .sort((a, b) => a.number - b.number)
      .map(({ number, size, etag, checksum }) => ({ number, size, etag, checksum }));
    return { parts, size: parts.reduce((sum, { size }) => sum + size, 0) };
  }

  /**
   * The parts of ours that the broker says S3 has differently. Whoever names parts takes them: the session is open again.
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
    for (;;) {
      const quietMs = this.#now() - this.#signer.calledAt;
      await sleep(Math.max(this.#timing.heartbeatMs - quietMs, this.#timing.heartbeatMs / 10), { signal });
      if (this.#now() - this.#signer.calledAt >= this.#timing.heartbeatMs) await this.#signer.beat(signal);
    }
  }
}
