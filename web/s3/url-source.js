/**
 * Asks the broker for URLs, with one call at a time and at most one call per part. A part that needs a URL during a call goes
 * with the next call. Parts whose preparation began together go in one call. Every call also reports the parts that have
 * arrived since the last call.
 */

import { SignedUrl } from './signed-url.js';

/**
 * @typedef {import('./parts-uploader.js').Part} Part
 * @typedef {{part: Part, resolve: (url: SignedUrl) => void, reject: (error: unknown) => void}} Wanted
 * @typedef {{preparing: number, ready: Wanted[]}} Batch
 */

export class UrlSource {
  #session;
  #means;
  /** @type {Batch | null} of the parts that begin now, until the code that runs has returned */
  #beginning = null;
  /** @type {Wanted[]} */
  #wanted = [];
  /** @type {Map<number, Part>} what the broker has not heard of: the newest of each number */
  #arrived = new Map();
  #calling = false;

  /** @param {import('../broker/session-client.js').SessionClient} session @param {Pick<import('./means.js').Means, 'now' | 'timing'>} means */
  constructor(session, means) {
    this.#session = session;
    this.#means = means;
    /** When the broker last heard of us, for the heartbeat. */
    this.calledAt = means.now();
  }

  /**
   * Returns a fresh URL for a part. The call waits for the parts that began together with this one, such as the last part
   * and the new part 1, and for no others. On a fast line hashing takes as long as sending; if each part waited for all
   * others, nothing would be sent meanwhile.
   *
   * @param {() => Promise<Part | null>} prepare reads and hashes it
   * @param {AbortSignal} signal
   * @returns {Promise<SignedUrl | null>} null where prepare found that none is needed
   */
  async sign(prepare, signal) {
    const batch = this.#batch();
    batch.preparing++;
    /** @type {Promise<SignedUrl> | null} */
    let url = null;
    try {
      const part = await prepare();
      if (part) url = new Promise((resolve, reject) => { batch.ready.push({ part, resolve, reject }); });
    } finally {
      if (--batch.preparing === 0) {
        this.#wanted.push(...batch.ready);
        void this.#call(signal);
      }
    }
    return url;
  }

  /** @returns {Batch} */
  #batch() {
    if (!this.#beginning) {
      this.#beginning = { preparing: 0, ready: [] };
      queueMicrotask(() => { this.#beginning = null; });
    }
    return this.#beginning;
  }

  /** @param {Part} part that S3 has; the broker hears of it with the next call */
  report(part) {
    this.#arrived.set(part.number, part);
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
    if (this.#calling || this.#wanted.length === 0) return;
    this.#calling = true;
    const wanted = this.#wanted.splice(0);
    try {
      const urls = await this.#send(wanted.map(({ part }) => part), signal);
      wanted.forEach(({ resolve }, i) => resolve(urls[i]));
    } catch (error) {
      for (const { reject } of wanted) reject(error);
    }
    this.#calling = false;
    void this.#call(signal);
  }

  /**
   * @param {Part[]} parts to sign
   * @param {AbortSignal} signal
   */
  async #send(parts, signal) {
    const arrived = [...this.#arrived.values()];
    this.#arrived.clear();
    const askedAt = this.#means.now();
    const sign = parts.map(({ number, size, checksum }) => ({ number, size, checksum }));
    const uploaded = arrived.map(({ number, size, checksum, etag }) => ({ number, size, checksum, etag }));
    try {
      const answer = await this.#session.parts({ uploaded, sign }, signal);
      this.calledAt = this.#means.now();
      const byNumber = new Map(answer.urls.map((url) => [url.number, url]));
      return parts.map(({ number }) => {
        const url = byNumber.get(number);
        if (!url) throw new Error(`the broker signed no URL for part ${number}`);
        return new SignedUrl(url, askedAt, this.#means.timing.urlMarginMs);
      });
    } catch (error) {
      for (const part of arrived) if (!this.#arrived.has(part.number)) this.#arrived.set(part.number, part);
      throw error;
    }
  }
}
