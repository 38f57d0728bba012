/**
 * Asks the broker for URLs. Whoever needs one while a call is under way goes with the next call, and every call takes
 * the reports of the parts that arrived since the last: so there is at most one round trip per part, and one at a time.
 */

import { SignedUrl } from './signed-url.js';

/**
 * @typedef {import('./uploader.js').Part} Part
 * @typedef {{part: Part, resolve: (url: SignedUrl) => void, reject: (error: unknown) => void}} Wanted
 */

export class Signer {
  #broker;
  #session;
  #now;
  #urlMarginMs;
  /** @type {Wanted[]} */
  #wanted = [];
  /** @type {Part[]} */
  #arrived = [];
  #calling = false;

  /**
   * @param {object} options
   * @param {import('./broker-client.js').BrokerClient} options.broker
   * @param {import('./broker-client.js').SessionRef} options.session
   * @param {() => number} options.now performance.now
   * @param {number} options.urlMarginMs
   */
  constructor({ broker, session, now, urlMarginMs }) {
    this.#broker = broker;
    this.#session = session;
    this.#now = now;
    this.#urlMarginMs = urlMarginMs;
    /** When the broker last heard of us, for the heartbeat. */
    this.calledAt = now();
  }

  /**
   * A fresh URL for the part.
   *
   * @param {Part} part
   * @param {AbortSignal} signal
   * @returns {Promise<SignedUrl>}
   */
  sign(part, signal) {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ part, resolve, reject });
      void this.#call(signal);
    });
  }

  /** @param {Part} part that S3 has; the broker hears of it with the next call */
  report(part) {
    this.#arrived.push(part);
  }

  /**
   * Tells the broker that this session lives.
   *
   * @param {AbortSignal} signal
   */
  async beat(signal) {
    await this.#send([], signal);
  }

  /** @param {AbortSignal} signal */
  async #call(signal) {
    if (this.#calling) return;
    this.#calling = true;
    await null; // parts that are ready in the same turn share the call
    while (this.#wanted.length > 0) {
      const wanted = this.#wanted.splice(0);
      try {
        const urls = await this.#send(wanted.map(({ part }) => part), signal);
        wanted.forEach(({ resolve }, i) => resolve(urls[i]));
      } catch (error) {
        for (const { reject } of wanted) reject(error);
      }
    }
    this.#calling = false;
  }

  /**
   * @param {Part[]} parts to sign
   * @param {AbortSignal} signal
   */
  async #send(parts, signal) {
    const arrived = this.#arrived.splice(0);
    const askedAt = this.#now();
    const sign = parts.map(({ number, size, checksum }) => ({ number, size, checksum }));
    const uploaded = arrived.map(({ number, size, checksum, etag }) => ({ number, size, checksum, etag }));
    try {
      const answer = await this.#broker.parts(this.#session, { uploaded, sign }, signal);
      this.calledAt = this.#now();
      const byNumber = new Map(answer.urls.map((url) => [url.number, url]));
      return parts.map(({ number }) => {
        const url = byNumber.get(number);
        if (!url) throw new Error(`the broker signed no URL for part ${number}`);
        return new SignedUrl(url, askedAt, this.#urlMarginMs);
      });
    } catch (error) {
      this.#arrived.unshift(...arrived);
      throw error;
    }
  }
}
