/**
 * Brings one part to S3, however long it takes: it signs, PUTs, and after a failure tries again as that failure needs.
 *
 * It reads the bytes of a part only when it sends them. So memory holds only what is being sent.
 */

import { backoffMs, sleep } from '../base/backoff.js';
import { RecorderError } from '../base/errors.js';
import { REFUSALS_ON_THE_WAY, REFUSED_ON_THE_WAY } from '../base/on-the-way.js';
import { plainEtag } from './etag.js';
import { Patience } from './patience.js';
import { judge } from './put-verdict.js';
import { readBlob } from '../base/read-blob.js';
import { checksumOf } from '../checksum/checksum.js';

/** PUTs of one part that S3 refuses with a 4xx that hardly passes (not 403, 408, 429). */
const REFUSALS = 4;
/** After so many failures in a row of one part the page is told. */
const TELL_AFTER = 2;

/** @typedef {import('./parts-uploader.js').Part} Part */

export class PartSender {
  #algorithm;
  #urls;
  #inS3;
  #isWanted;
  #isFinal;
  #patience;
  #means;
  #events;
  #etagHidden = false;

  /**
   * @param {object} options
   * @param {import('../broker/wire.js').Checksum} options.algorithm of the session's parts
   * @param {import('./url-source.js').UrlSource} options.urls
   * @param {import('./parts-in-s3.js').PartsInS3} options.inS3
   * @param {(part: Part) => boolean} options.isWanted false: newer content waits for its number
   * @param {() => boolean} options.isFinal nothing more is recorded: there is time to ask a person
   * @param {import('./parts-uploader.js').PartsUploaderEvents} options.events
   * @param {import('./means.js').Means} means
   */
  constructor({ algorithm, urls, inS3, isWanted, isFinal, events }, means) {
    this.#algorithm = algorithm;
    this.#urls = urls;
    this.#inS3 = inS3;
    this.#isWanted = isWanted;
    this.#isFinal = isFinal;
    this.#patience = new Patience(means.timing.stallMs);
    this.#means = means;
    this.#events = events;
  }

  /**
   * Resolves when S3 has the part; then the part is `uploaded`. It also resolves, with `uploaded`, if the session takes no
   * more parts. It resolves without `uploaded` if the part failed and a newer one has replaced it.
   *
   * @param {Part} part
   * @param {AbortSignal} signal
   * @throws {RecorderError} if another try would not help
   */
  async send(part, signal) {
    const body = { blob: new Blob() };
    let url = await this.#urls.sign(() => this.#prepare(part, body), signal);
    if (!url) return this.#notSent(part);
    let stalls = 0;
    let refusals = 0;
    let waysRefused = 0;
    for (let failures = 1; ; failures++) {
      url ??= await this.#urls.sign(async () => part, signal);
      const outcome = await this.#putOnce(part, /** @type {import('./signed-url.js').SignedUrl} */ (url), body.blob, stalls, signal);
      const verdict = judge(outcome, part.number);
      if (!verdict) {
        this.#urls.report(part);
        return this.#arrived(part, outcome.kind === 'answered' ? outcome.etag : null);
      }
      if (!this.#isWanted(part)) return;
      if (outcome.kind === 'network') await readBlob(body.blob.slice(0, 1)); // a changed file looks like no network to a PUT
      if (outcome.kind === 'stalled') stalls++;
      if (verdict.bounded && ++refusals === REFUSALS) throw verdict.error;
      waysRefused = this.#isFinal() && verdict.error.reason === REFUSED_ON_THE_WAY ? waysRefused + 1 : 0;
      if (waysRefused === REFUSALS_ON_THE_WAY) throw verdict.error;
      if (failures === (outcome.kind === 'csp' ? 1 : TELL_AFTER)) this.#events.onTrouble(verdict.error);
      await this.#beforeNextTry(failures, verdict, signal);
      if (verdict.resign || !url?.usable(this.#means.now())) url = null;
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
    const blob = await this.#read(part);
    if (!blob) return null;
    body.blob = blob;
    if (body.blob.size !== part.size) throw new RecorderError('bytes-lost', `part ${part.number} has ${body.blob.size} bytes on this device, not ${part.size}`);
    part.checksum ??= await checksumOf(this.#algorithm, body.blob);
    return this.#inS3.frozen || this.#inS3.holds(part) ? null : part;
  }

  /**
   * What only betters a part cannot be made any more where this device has lost the part: then S3 keeps the one it has.
   *
   * @param {Part} part
   * @returns {Promise<Blob | null>} null where it stands
   */
  async #read(part) {
    try {
      return await part.body();
    } catch (error) {
      const have = this.#inS3.whatIs(part.number);
      if (part.kind === 'new' || !have || !this.#inS3.holds({ ...part, ...have, size: part.size })) throw error;
      Object.assign(part, have);
      return null;
    }
  }

  /**
   * One PUT on a URL that lives long enough; one that does not, such as one that waited while the laptop slept, counts
   * as refused.
   *
   * @param {Part} part
   * @param {import('./signed-url.js').SignedUrl} signed
   * @param {Blob} body
   * @param {number} stalls
   * @param {AbortSignal} signal
   * @returns {Promise<import('./put.js').PutOutcome>}
   */
  async #putOnce(part, signed, body, stalls, signal) {
    await this.#means.connection.ready(this.#means.timing.retryCapMs, signal);
    if (!signed.usable(this.#means.now())) {
      return { kind: 'answered', status: 403, etag: null, retryAfter: null, text: 'the URL expired before it was used' };
    }
    const answered = this.#inS3.putting(part);
    this.#events.onChange();
    /** @param {number} sentBytes */
    const onProgress = (sentBytes) => {
      this.#inS3.sent(part, sentBytes);
      this.#events.onChange();
    };
    /** @type {import('./put.js').PutRequest['patience']} */
    const patience = (sentBytes, mostMs) => this.#patience.ms(part.size, sentBytes, stalls, mostMs);
    const began = this.#means.now();
    const outcome = await this.#means.put({ url: signed.url, headers: signed.headers, body, patience, signal, onProgress, wake: this.#means.connection });
    if (outcome.kind === 'answered') answered();
    if (outcome.kind === 'answered' && outcome.status < 300) this.#patience.took(part.size, this.#means.now() - began);
    if (outcome.kind === 'network' && await this.#means.connection.isForbidden(signed.url)) return { kind: 'csp' };
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
    const ms = backoffMs(failures, this.#means.timing, { retryAfterMs: error.retryAfterMs, random: this.#means.random });
    await sleep(ms, { signal, wake: error.code === 'offline' ? this.#means.connection : undefined });
  }

  /**
   * S3 has it already, or the session is being completed and takes no more: then complete tells what S3 lacks.
   *
   * @param {Part} part
   */
  #notSent(part) {
    if (this.#inS3.holds(part)) this.#arrived(part, part.etag ?? this.#inS3.whatIs(part.number)?.etag);
    else part.uploaded = true;
  }

  /**
   * @param {Part} part
   * @param {string | null | undefined} etag
   */
  #arrived(part, etag) {
    part.etag = plainEtag(etag);
    part.uploaded = true;
    this.#inS3.arrived(part);
    if (!part.etag && this.#algorithm === 'none') this.#tellEtagHidden();
    if (part.kind !== 'checkpoint') this.#events.onPart(part);
  }

  /** Without a checksum the ETag is all that pins a part's bytes; complete can then compare sizes only. */
  #tellEtagHidden() {
    if (this.#etagHidden) return;
    this.#etagHidden = true;
    this.#events.onTrouble(new RecorderError('etag-hidden', 'the bucket’s CORS rules do not expose ETag, and this session has no checksums'));
  }
}
