/**
 * Which connections the page's Content-Security-Policy refuses. A refused request fails like a request without a network.
 * Only an event tells the difference, and it comes a little later than the failure.
 */

import { sleep } from './backoff.js';

/** The event comes within a few milliseconds (Chromium 156, Firefox ESR 153; measured 2026-11-29); a busy machine needs more. */
const EVENT_MS = 100;

export class PolicyWatch {
  #target;
  /** @type {Set<string>} such as `connect-src https://broker.example` */
  #refused = new Set();
  #listener = (/** @type {Event} */ event) => {
    const { disposition, effectiveDirective, blockedURI } = /** @type {SecurityPolicyViolationEvent} */ (event);
    if (disposition === 'enforce') this.#refused.add(`${effectiveDirective} ${originOf(blockedURI)}`);
  };

  /** Listens from now on. @param {EventTarget} [target] a document, or a Worker's global scope; without one nothing is refused */
  constructor(target) {
    this.#target = target;
    target?.addEventListener('securitypolicyviolation', this.#listener);
  }

  get refused() { return [...this.#refused]; }

  /**
   * Call this after a request has failed.
   *
   * @param {string} url
   * @returns {Promise<boolean>} whether the policy refuses connections to the URL's origin
   */
  async refusesConnection(url) {
    if (!this.#target) return false;
    const refused = `connect-src ${originOf(url)}`;
    if (!this.#refused.has(refused)) await sleep(EVENT_MS);
    return this.#refused.has(refused);
  }

  close() { this.#target?.removeEventListener('securitypolicyviolation', this.#listener); }
}

/** A blocked address without its query, which may be a signature. @param {string} uri @returns {string} */
function originOf(uri) {
  if (uri === 'blob' || uri.startsWith('blob:')) return 'blob:';
  return URL.canParse(uri) ? new URL(uri).origin : uri;
}
