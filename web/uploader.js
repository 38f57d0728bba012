/**
 * Brings parts to S3 and completes the upload.
 *
 * A number never has two PUTs in flight. It may be given new content, as the tail that grows or part 1 when its header is
 * final: then the newer waits until the older has ended, and an older that fails is not tried again. The bytes are read
 * when their turn comes, so memory holds at most what is being sent.
 *
 * A PUT that was cut may still arrive later, after its replacement. So from the start of a PUT to its answer nobody knows
 * what S3 has under that number, and in the end complete compares every part with the claim.
 */

import { backoffMs, childOf, sleep } from './backoff.js';
import { deferred } from './deferred.js';
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
/** What is left at the end goes side by side, whatever the uplink: the part in flight, the tail, part 1 again. */
const LAST_PARTS = 3;
/** A part's stall limit doubles so often: a slow link must get through in the end. */
const STALL_DOUBLINGS = 2;

/**
 * @typedef {object} Part one content of one number
 * @property {number} number from 1
 * @property {number} size in bytes
 * @property {() => Promise<Blob>} body reads it, without a type
 * @property {'new' | 'again' | 'checkpoint'} kind new bytes; part 1 with its final header; what something will replace
 * @property {string} [checksum] SHA-256 in base64, once it was hashed
 * @property {string} [etag] as S3 sent it, where it may be read
 * @property {boolean} uploaded S3 has acknowledged it
 *
 * @typedef {object} Have what S3 is known to have under a number
 * @property {number} size
 * @property {string} [etag]
 * @property {string} [checksum]
 *
 * @typedef {object} Counts
 * @property {number} uploadedBytes acknowledged by S3
 * @property {number} sendingBytes on their way, and not among those
 * @property {number} partsUploaded
 * @property {number} partsInFlight
 *
 * @typedef {object} UploaderEvents
 * @property {(part: Part) => void} onPart S3 has this part, and for good
 * @property {() => void} onChange the counts changed
 * @property {(numbers: number[]) => void} onSuspects what S3 has of these may yet be replaced: to be kept over a crash
 * @property {(error: RecorderError) => void} onTrouble something fails and is being retried
 */

export class Uploader {
  #session;
  #checksummed;
  #signer;
  #put;
  #parallelism;
  #timing;
  #now;
  #random;
  #connection;
  #events;
  #queue = new PartQueue();
  /** @type {Map<number, Part>} what each number is to hold */
  #wanted = new Map();
  /** @type {Map<number, Have>} what S3 has; nothing is known of a number that is being sent */
  #have = new Map();
  /** @type {Map<number, {bytes: number, lasting: boolean}>} acknowledged, by number */
  #acknowledged = new Map();
  /** @type {Map<number, number>} bytes on their way, by part number */
  #sending = new Map();
  /** @type {Set<number>} numbers of which a checkpoint is on its way, or was cut: it may still come, and replace what was acknowledged since */
  #suspect;
  /** @type {{signal: AbortSignal, drained: import('./deferred.js').Deferred<void>, sends: Set<Promise<void>>} | null} */
  #run = null;
  #ended = false;
  #frozen = false; // the session is being completed: it takes no parts, and may have fewer than it is called to have
  #etagHidden = false;

  /**
   * @param {object} options
   * @param {import('./session.js').Session} options.session
   * @param {import('./put.js').Put} options.put
   * @param {import('./parallelism.js').Parallelism} options.parallelism
   * @param {import('./timing.js').Timing} options.timing
   * @param {UploaderEvents} options.events
   * @param {() => number} options.now a clock that does not stand still while the machine sleeps, in milliseconds
   * @param {() => number} [options.random]
   * @param {import('./connection.js').Connection} options.connection
   * @param {number[]} [options.suspects] as onSuspects told, before a crash
   */
  constructor({ session, put, parallelism, timing, events, now, random, connection, suspects }) {
    this.#session = session;
    this.#suspect = new Set(suspects);
    this.#checksummed = session.opened.checksum === 'sha256';
    this.#signer = new Signer({ session, now, urlMarginMs: timing.urlMarginMs });
    this.#put = put;
    this.#parallelism = parallelism;
    this.#timing = timing;
    this.#events = events;
    this.#now = now;
    this.#random = random;
    this.#connection = connection;
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
  found({ state, parts }) {
    const thaws = this.#frozen && state === 'open';
    this.#frozen = state !== 'open';
    for (const { number, ...have } of parts) this.#have.set(number, have);
    if (!thaws) return;
    const listed = new Set(parts.map(({ number }) => number));
    for (const part of this.#wanted.values()) if (part.uploaded && !listed.has(part.number)) this.#sendAgain(part);
  }

  /** Nothing waits and nothing is being sent. */
  get idle() {
    return this.#queue.length === 0 && this.#sending.size === 0;
  }

  /** Whether S3 has acknowledged a number for good. @param {number} number */
  has(number) {
    return this.#acknowledged.get(number)?.lasting ?? false;
  }

  /** Whether what S3 has of a number will surely stay. @param {number} number */
  isSafe(number) {
    return this.has(number) && !this.#suspect.has(number) && !this.#frozen;
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
    const last = this.#ended && this.#queue.length + this.#sending.size <= LAST_PARTS;
    const limit = this.#parallelism.limit(this.#session.opened.part_size, last ? LAST_PARTS : 1);
    while (this.#sending.size < limit) {
      const part = this.#queue.take((number) => this.#sending.has(number));
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
    this.#sending.set(part.number, 0);
    this.#parallelism.began();
    this.#events.onChange();
    try {
      await this.#send(part, signal);
    } finally {
      this.#sending.delete(part.number);
      this.#parallelism.ended(part.uploaded ? part.size : 0);
      if (!part.uploaded && this.#isWanted(part)) this.#queue.add(part);
      this.#events.onChange();
    }
  }

  /**
   * Brings one part to S3, for as long as it takes, or until newer content waits for its number.
   *
   * @param {Part} part
   * @param {AbortSignal} signal
   */
  async #send(part, signal) {
    const body = { blob: new Blob() };
    let url = await this.#signer.sign(() => this.#prepare(part, body), signal);
    if (!url) return this.#arrived(part, part.etag ?? this.#have.get(part.number)?.etag);
    let stalls = 0;
    let refusals = 0;
    for (let failures = 1; ; failures++) {
      url ??= await this.#signer.sign(async () => part, signal);
      const stallMs = this.#timing.stallMs * 2 ** Math.min(stalls, STALL_DOUBLINGS);
      const outcome = await this.#putOnce(part, /** @type {import('./signed-url.js').SignedUrl} */ (url), body.blob, stallMs, signal);
      const verdict = judge(outcome, part.number);
      if (!verdict) {
        this.#signer.report(part);
        return this.#arrived(part, outcome.kind === 'answered' ? outcome.etag : null);
      }
      if (!this.#isWanted(part)) return;
      if (outcome.kind === 'network') await readBlob(body.blob.slice(0, 1)); // a changed file looks like no network to a PUT
      if (outcome.kind === 'stalled') stalls++;
      if (verdict.bounded && ++refusals === REFUSALS) throw verdict.error;
      if (failures === TELL_AFTER) this.#events.onTrouble(verdict.error);
      await this.#beforeNextTry(failures, verdict, signal);
      if (verdict.resign || !url?.usable(this.#now())) url = null;
    }
  }

  /**
   * Reads and hashes a part.
   *
   * @param {Part} part
   * @param {{blob: Blob}} body
   * @returns {Promise<Part | null>} null where S3 has exactly this already, or takes no more
   */
  async #prepare(part, body) {
    if (this.#isThere(part) || (this.#frozen && (part.checksum ?? part.etag))) return null;
    body.blob = await part.body();
    if (body.blob.size !== part.size) throw new RecorderError('bytes-lost', `part ${part.number} has ${body.blob.size} bytes on this device, not ${part.size}`);
    if (this.#checksummed) part.checksum ??= await sha256(body.blob);
    return this.#frozen || this.#isThere(part) ? null : part;
  }

  /** @param {Part} part */
  #isThere({ number, size, checksum, etag }) {
    const have = this.#have.get(number);
    if (have?.size !== size) return false;
    return (checksum !== undefined && have.checksum === checksum) || (etag !== undefined && have.etag === etag);
  }

  /** @param {Part} part */
  #isWanted(part) {
    return this.#wanted.get(part.number) === part;
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
    await this.#connection.ready(this.#timing.retryCapMs, signal);
    if (!signed.usable(this.#now())) {
      return { kind: 'answered', status: 403, etag: null, retryAfter: null, text: 'the URL expired before it was used' };
    }
    this.#have.delete(part.number);
    /** @param {number} sentBytes */
    const onProgress = (sentBytes) => {
      this.#sending.set(part.number, Math.min(sentBytes, part.size));
      this.#events.onChange();
    };
    onProgress(0);
    const suspected = part.kind !== 'checkpoint' || this.#suspect.has(part.number);
    if (!suspected) this.#suspicion(() => this.#suspect.add(part.number));
    const outcome = await this.#put({ url: signed.url, headers: signed.headers, body, stallMs, signal, onProgress, wake: this.#connection });
    if (!suspected && outcome.kind === 'answered') this.#suspicion(() => this.#suspect.delete(part.number));
    return outcome;
  }

  /** @param {() => void} change */
  #suspicion(change) {
    change();
    this.#events.onSuspects([...this.#suspect]);
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
    await sleep(ms, { signal, wake: error.code === 'offline' ? this.#connection : undefined });
  }

  /**
   * @param {Part} part
   * @param {string | null | undefined} etag
   */
  #arrived(part, etag) {
    const { number, size, checksum } = part;
    part.etag = etag ?? undefined;
    part.uploaded = true;
    this.#have.set(number, { size, checksum, etag: part.etag });
    this.#sending.set(number, 0);
    const lasting = part.kind !== 'checkpoint' || this.has(number);
    this.#acknowledged.set(number, { bytes: size, lasting });
    if (!etag && !this.#checksummed) this.#tellEtagHidden();
    if (part.kind !== 'checkpoint') this.#events.onPart(part);
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
    this.#have.delete(part.number);
    this.#acknowledged.delete(part.number);
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
   */
  #disputed(error) {
    if (!(error instanceof RecorderError) || error.code !== 'conflict') return [];
    const numbers = new Set(error.parts?.map(({ number }) => number)); // one may be named for its size and its ETag
    if (numbers.size > 0) this.#frozen = false;
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
