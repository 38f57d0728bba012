/**
 * Brings parts to S3 and completes the upload.
 *
 * A few lanes run side by side. A lane takes one part from the queue and does not let go of it before S3 has it: so no
 * number ever has two PUTs in flight, and memory holds at most one part per lane. The bytes stay in the part store
 * until the broker has said `completed`, because until then it may name parts that have to go up again.
 */

import { backoffMs, childOf, sleep } from './backoff.js';
import { RecorderError } from './errors.js';
import { PartQueue } from './part-queue.js';
import { judge } from './put-verdict.js';
import { readBlob } from './read-blob.js';
import { sha256 } from './sha256.js';
import { Signer } from './signer.js';

/** Rounds of "the claim and S3 differ, PUT these parts again" before it is called a failure. */
const COMPLETE_ROUNDS = 5;
/** PUTs of one part that S3 refuses with a 4xx that hardly passes (not 403, 408, 429). */
const REFUSALS = 4;
/** After so many failures in a row of one part the page is told. */
const TELL_AFTER = 2;
/** A part's stall limit doubles so often: a slow link must get through in the end. */
const STALL_DOUBLINGS = 2;

/**
 * @typedef {object} Part
 * @property {number} number from 1
 * @property {number} size in bytes
 * @property {string} [checksum] SHA-256 in base64, once it was hashed
 * @property {string} [etag] as S3 sent it, where it may be read
 * @property {boolean} uploaded S3 has acknowledged it
 *
 * @typedef {object} Counts
 * @property {number} uploadedBytes acknowledged by S3
 * @property {number} sendingBytes on their way in parts that S3 has not acknowledged
 * @property {number} partsUploaded
 * @property {number} partsInFlight
 *
 * @typedef {object} UploaderEvents
 * @property {(part: Part) => void} onPart S3 has this part
 * @property {() => void} onChange the counts changed
 * @property {(error: RecorderError) => void} onTrouble something fails and is being retried
 */

export class Uploader {
  #session;
  #checksummed;
  #broker;
  #signer;
  #put;
  #store;
  #parallel;
  #timing;
  #now;
  #random;
  #wake;
  #events;
  #queue = new PartQueue();
  /** @type {Map<number, Part>} */
  #parts = new Map();
  /** @type {Map<number, number>} bytes on their way, by part number */
  #sending = new Map();
  #uploadedBytes = 0;
  #partsUploaded = 0;
  #etagHidden = false;

  /**
   * @param {object} options
   * @param {import('./wire.js').Opened} options.session
   * @param {import('./broker-client.js').BrokerClient} options.broker
   * @param {import('./put.js').Put} options.put
   * @param {import('./part-store.js').PartStore} options.store
   * @param {number} options.parallel 1 to 6 lanes
   * @param {import('./timing.js').Timing} options.timing
   * @param {UploaderEvents} options.events
   * @param {() => number} [options.now] a monotonic clock in milliseconds
   * @param {() => number} [options.random]
   * @param {EventTarget} [options.wake] whose `online` event ends a wait
   */
  constructor({ session, broker, put, store, parallel, timing, events, now = () => performance.now(), random, wake }) {
    this.#session = session;
    this.#checksummed = session.checksum === 'sha256';
    this.#broker = broker;
    this.#signer = new Signer({ broker, session, now, urlMarginMs: timing.urlMarginMs });
    this.#put = put;
    this.#store = store;
    this.#parallel = parallel;
    this.#timing = timing;
    this.#events = events;
    this.#now = now;
    this.#random = random;
    this.#wake = wake;
  }

  /**
   * A part exists; its bytes are in the store.
   *
   * @param {number} number
   * @param {number} size
   */
  add(number, size) {
    /** @type {Part} */
    const part = { number, size, uploaded: false };
    this.#parts.set(number, part);
    this.#queue.add(part);
  }

  /** The last part was added. */
  end() {
    this.#queue.end();
  }

  /** @returns {Counts} */
  get counts() {
    let sendingBytes = 0;
    for (const bytes of this.#sending.values()) sendingBytes += bytes;
    return { uploadedBytes: this.#uploadedBytes, sendingBytes, partsUploaded: this.#partsUploaded, partsInFlight: this.#sending.size };
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
    return this.#broker.complete(this.#session, this.#claim(), signal);
  }

  /** @param {AbortSignal} signal */
  async #sendAll(signal) {
    const run = childOf(signal);
    const lanes = Array.from({ length: this.#parallel }, () => this.#lane(run.signal));
    const heartbeat = this.#heartbeat(run.signal);
    try {
      await Promise.race([Promise.all(lanes), heartbeat]);
    } finally {
      run.abort(new RecorderError('cancelled', 'this lane is no longer needed'));
      run.release();
      await Promise.allSettled([...lanes, heartbeat]); // before anything else may PUT the same numbers
    }
  }

  /** @param {AbortSignal} signal */
  async #lane(signal) {
    for (;;) {
      const part = await this.#queue.take(signal);
      if (!part) return;
      try {
        await this.#send(part, signal);
      } finally {
        this.#sending.delete(part.number);
        if (!part.uploaded) this.#queue.add(part);
        this.#events.onChange();
      }
    }
  }

  /**
   * Brings one part to S3, for as long as it takes.
   *
   * A PUT that was cut may still arrive later, after its replacement. Here both carry the same bytes; that S3 ends up
   * with what we claim is compared by complete in any case.
   *
   * @param {Part} part
   * @param {AbortSignal} signal
   */
  async #send(part, signal) {
    this.#sending.set(part.number, 0);
    this.#events.onChange();
    const body = await this.#store.get(part.number);
    if (this.#checksummed) part.checksum ??= await sha256(body);
    let url = null;
    let stalls = 0;
    let refusals = 0;
    for (let failures = 1; ; failures++) {
      url ??= await this.#signer.sign(part, signal);
      const outcome = await this.#putOnce(part, url, body, this.#timing.stallMs * 2 ** Math.min(stalls, STALL_DOUBLINGS), signal);
      const verdict = judge(outcome, part.number);
      if (!verdict) return this.#arrived(part, outcome);
      if (outcome.kind === 'network') await readBlob(body.slice(0, 1)); // a changed file looks like no network to a PUT
      if (outcome.kind === 'stalled') stalls++;
      if (verdict.bounded && ++refusals === REFUSALS) throw verdict.error;
      if (failures === TELL_AFTER) this.#events.onTrouble(verdict.error);
      await this.#beforeNextTry(failures, verdict, signal);
      if (verdict.resign || !url.usable(this.#now())) url = null;
    }
  }

  /**
   * One PUT on a URL that lives long enough; one that does not, such as one that waited while the laptop slept, counts
   * as refused.
   *
   * @param {Part} part
   * @param {import('./signed-url.js').SignedUrl} signed
   * @param {Blob} body
   * @param {number} stallMs
   * @param {AbortSignal} signal
   * @returns {Promise<import('./put.js').PutOutcome>}
   */
  async #putOnce(part, signed, body, stallMs, signal) {
    if (!signed.usable(this.#now())) {
      return { kind: 'answered', status: 403, etag: null, retryAfter: null, text: 'the URL expired before it was used' };
    }
    /** @param {number} sentBytes */
    const onProgress = (sentBytes) => {
      this.#sending.set(part.number, Math.min(sentBytes, part.size));
      this.#events.onChange();
    };
    onProgress(0);
    return this.#put({ url: signed.url, headers: signed.headers, body, stallMs, signal, onProgress });
  }

  /**
   * The first failure that a fresh URL may mend is tried again at once; after that full jitter rules.
   *
   * @param {number} failures
   * @param {import('./put-verdict.js').Verdict} verdict
   * @param {AbortSignal} signal
   */
  async #beforeNextTry(failures, { resign, bounded, error }, signal) {
    if (failures === 1 && resign && !bounded) return;
    const ms = backoffMs(failures, this.#timing, { retryAfterMs: error.retryAfterMs, random: this.#random });
    await sleep(ms, { signal, wake: error.code === 'offline' ? this.#wake : undefined });
  }

  /**
   * @param {Part} part
   * @param {import('./put.js').PutOutcome} outcome
   */
  #arrived(part, outcome) {
    const etag = outcome.kind === 'answered' ? outcome.etag : null;
    part.etag = etag ?? undefined;
    part.uploaded = true;
    this.#uploadedBytes += part.size;
    this.#partsUploaded++;
    this.#signer.report(part);
    this.#sending.delete(part.number);
    if (!etag && !this.#checksummed) this.#tellEtagHidden();
    this.#events.onPart(part);
  }

  /** Without a checksum the ETag is all that pins a part's bytes; complete can then compare sizes only. */
  #tellEtagHidden() {
    if (this.#etagHidden) return;
    this.#etagHidden = true;
    this.#events.onTrouble(new RecorderError('etag-hidden', 'the bucket’s CORS rules do not expose ETag, and this session has no checksums'));
  }

  /** @param {Part} part */
  #sendAgain(part) {
    part.uploaded = false;
    part.etag = undefined;
    this.#uploadedBytes -= part.size;
    this.#partsUploaded--;
    this.#queue.add(part);
  }

  /** @returns {import('./wire.js').Claim} */
  #claim() {
    const parts = [...this.#parts.values()]
      .sort((a, b) => a.number - b.number)
      .map(({ number, size, etag, checksum }) => ({ number, size, etag, checksum }));
    return { parts, size: parts.reduce((sum, { size }) => sum + size, 0) };
  }

  /**
   * The parts of ours that the broker says S3 has differently.
   *
   * @param {unknown} error
   */
  #disputed(error) {
    if (!(error instanceof RecorderError) || error.code !== 'conflict') return [];
    const numbers = new Set(error.parts?.map(({ number }) => number)); // one may be named for its size and its ETag
    return [...numbers].flatMap((number) => this.#parts.get(number) ?? []);
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
