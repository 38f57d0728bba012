/**
 * Brings a recording's poster to S3, beside the recording. The recording is complete without it. So no error is reported if
 * the poster fails, and no part waits for it.
 */

import { backoffMs, sleep } from '../base/backoff.js';
import { asRecorderError } from '../base/errors.js';
import { checksumOf } from '../checksum/checksum.js';
import { SignedUrl } from './signed-url.js';

/** Through a few minutes without a network, which is tried every half minute. */
const TRIES = 20;
/** PUTs that S3 refuses: a fresh URL mends one that has expired, and what else it may be lasts. */
const REFUSALS = 3;

export class PosterSender {
  #means;
  #signal;
  /** @type {Blob | null} */
  #poster = null;
  /** @type {import('../broker/session-client.js').SessionClient | null} */
  #session = null;
  /** Resolves when S3 has it, or will not have it. */
  done = Promise.resolve();

  /**
   * @param {import('./means.js').Means} means
   * @param {AbortSignal} signal the recording was thrown away
   */
  constructor(means, signal) {
    this.#means = means;
    this.#signal = signal;
  }

  /** @param {Blob} poster a JPEG */
  take(poster) {
    this.#poster = poster;
    this.#begin();
  }

  /** @param {import('../broker/session-client.js').SessionClient} session another one, that the recording goes into from now on */
  into(session) {
    this.#session = session;
    this.#begin();
  }

  #begin() {
    if (this.#poster && this.#session) this.done = this.#send(this.#poster, this.#session).catch(() => {});
  }

  /** @param {Blob} poster @param {import('../broker/session-client.js').SessionClient} session */
  async #send(poster, session) {
    const checksum = await checksumOf(session.opened.checksum, poster);
    let refusals = 0;
    for (let failures = 1; failures <= TRIES; failures++) {
      const status = await this.#put(poster, checksum, session);
      if (status >= 200 && status < 300) return;
      if (status >= 400 && status < 500 && ++refusals === REFUSALS) return;
      await sleep(backoffMs(failures, this.#means.timing, { random: this.#means.random }), { signal: this.#signal, wake: this.#means.connection });
    }
  }

  /**
   * @param {Blob} body @param {string | undefined} checksum @param {import('../broker/session-client.js').SessionClient} session
   * @returns {Promise<number>} S3's status; 0 where it did not answer, or the broker did not
   * @throws {import('../base/errors.js').RecorderError} the broker says no, as it does where the session is over, or knows no posters
   */
  async #put(body, checksum, session) {
    const { put, timing, now, connection } = this.#means;
    const signal = this.#signal;
    const askedAt = now();
    try {
      const { url, headers } = new SignedUrl(await session.poster({ size: body.size, checksum }, signal), askedAt);
      const outcome = await put({ url, headers, body, patience: () => timing.stallMs, signal, onProgress: () => {}, wake: connection });
      return outcome.kind === 'answered' ? outcome.status : 0;
    } catch (error) {
      const { status = 0, code } = asRecorderError(error);
      if (signal.aborted || (status < 500 && status !== 429 && code !== 'offline')) throw error;
      return 0;
    }
  }
}
