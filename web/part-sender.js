/**
 * Brings one part to S3, for as long as it takes: signs, PUTs, and tries again as the failure asks for.
 *
 * The bytes are read when their turn comes, so memory holds at most what is being sent.
 */

import { backoffMs, sleep } from './backoff.js';
import { RecorderError } from './errors.js';
import { judge } from './put-verdict.js';
import { readBlob } from './read-blob.js';
import { sha256 } from './sha256.js';

/** PUTs of one part that S3 refuses with a 4xx that hardly passes (not 403, 408, 429). */
const REFUSALS = 4;
/** After so many failures in a row of one part the page is told. */
const TELL_AFTER = 2;
/** A part's stall limit doubles so often: a slow link must get through in the end. */
const STALL_DOUBLINGS = 2;

/** @typedef {import('./uploader.js').Part} Part */

export class PartSender {
  #checksummed;
  #signer;
  #inS3;
  #isWanted;
  #put;
  #timing;
  #events;
  #now;
  #random;
  #connection;
  #etagHidden = false;

  /**
   * @param {object} options
   * @param {boolean} options.checksummed the session's parts bear a SHA-256
   * @param {import('./signer.js').Signer} options.signer
   * @param {import('./parts-in-s3.js').PartsInS3} options.inS3
   * @param {(part: Part) => boolean} options.isWanted false: newer content waits for its number
   * @param {import('./put.js').Put} options.put
   * @param {import('./timing.js').Timing} options.timing
   * @param {import('./uploader.js').UploaderEvents} options.events
   * @param {() => number} options.now a clock that does not stand still while the machine sleeps, in milliseconds
   * @param {() => number} [options.random]
   * @param {import('./connection.js').Connection} options.connection
   */
  constructor({ checksummed, signer, inS3, isWanted, put, timing, events, now, random, connection }) {
    this.#checksummed = checksummed;
    this.#signer = signer;
    this.#inS3 = inS3;
    this.#isWanted = isWanted;
    this.#put = put;
    this.#timing = timing;
    this.#events = events;
    this.#now = now;
    this.#random = random;
    this.#connection = connection;
  }

  /**
   * Resolves when S3 has the part, or takes none, which is `uploaded` then, or when it failed and is not wanted any more.
   *
   * @param {Part} part
   * @param {AbortSignal} signal
   * @throws {RecorderError} what no other try would mend
   */
  async send(part, signal) {
    const body = { blob: new Blob() };
    let url = await this.#signer.sign(() => this.#prepare(part, body), signal);
    if (!url) return this.#notSent(part);
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
    if (this.#inS3.holds(part) || (this.#inS3.frozen && (part.checksum ?? part.etag))) return null;
    body.blob = await part.body();
    if (body.blob.size !== part.size) throw new RecorderError('bytes-lost', `part ${part.number} has ${body.blob.size} bytes on this device, not ${part.size}`);
    if (this.#checksummed) part.checksum ??= await sha256(body.blob);
    return this.#inS3.frozen || this.#inS3.holds(part) ? null : part;
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
    const answered = this.#inS3.putting(part);
    this.#events.onChange();
    /** @param {number} sentBytes */
    const onProgress = (sentBytes) => {
      this.#inS3.sent(part, sentBytes);
      this.#events.onChange();
    };
    const outcome = await this.#put({ url: signed.url, headers: signed.headers, body, stallMs, signal, onProgress, wake: this.#connection });
    if (outcome.kind === 'answered') answered();
    return outcome;
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
   * S3 has it already, or the session is being completed and takes no more: then complete tells what S3 lacks.
   *
   * @param {Part} part
   */
  #notSent(part) {
    if (this.#inS3.holds(part)) this.#arrived(part, part.etag ?? this.#inS3.etagOf(part.number));
    else part.uploaded = true;
  }

  /**
   * @param {Part} part
   * @param {string | null | undefined} etag
   */
  #arrived(part, etag) {
    part.etag = etag ?? undefined;
    part.uploaded = true;
    this.#inS3.arrived(part);
    if (!etag && !this.#checksummed) this.#tellEtagHidden();
    if (part.kind !== 'checkpoint') this.#events.onPart(part);
  }

  /** Without a checksum the ETag is all that pins a part's bytes; complete can then compare sizes only. */
  #tellEtagHidden() {
    if (this.#etagHidden) return;
    this.#etagHidden = true;
    this.#events.onTrouble(new RecorderError('etag-hidden', 'the bucket’s CORS rules do not expose ETag, and this session has no checksums'));
  }
}
