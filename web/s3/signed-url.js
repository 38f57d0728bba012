/**
 * A presigned PUT URL and how long it still lives, by a monotonic clock: a client's wall clock is often wrong, and somebody
 * may set it during a recording.
 */

import { TIMING } from '../base/timing.js';

export class SignedUrl {
  #usableUntil;

  /**
   * @param {import('../broker/wire.js').SignedPut} answer
   * @param {number} askedAt performance.now() when the URL was asked for: its life began no earlier
   * @param {number} [urlMarginMs]
   */
  constructor({ url, headers, expires_in_ms }, askedAt, urlMarginMs = TIMING.urlMarginMs) {
    this.url = url;
    this.headers = sendable(headers);
    // S3 looks at the clock when a PUT arrives, not when it ends: the margin covers a preflight and a slow handshake.
    this.#usableUntil = askedAt + expires_in_ms - Math.min(urlMarginMs, expires_in_ms / 4);
  }

  /**
   * Whether a PUT may still start with this URL.
   *
   * @param {number} now performance.now()
   */
  usable(now) {
    return now < this.#usableUntil;
  }
}

/**
 * The signed headers that a script may set. The browser sets content-length and host itself, and lets no script set them.
 *
 * @param {Record<string, string>} headers
 */
function sendable(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(content-length|host)$/i.test(name)));
}
