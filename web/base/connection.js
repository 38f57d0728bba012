/**
 * What the browser says about the network. `online` ends every wait at once; while it is offline nothing is sent.
 *
 * A browser's "offline" is sometimes wrong (some virtual networks), so it pauses and does not forbid.
 */

import { sleep } from './backoff.js';
import { BaseTarget } from './base-target.js';
import { PolicyWatch } from './policy-watch.js';

export class Connection extends BaseTarget {
  #scope;
  offline = false;
  #policy;

  /** The person asks to send little. */
  get saveData() { return this.#scope?.navigator?.connection?.saveData === true; }

  /** @param {EventTarget & {navigator?: {onLine?: boolean, connection?: {saveData?: boolean}}}} [scope] a Worker's or a page's global scope */
  constructor(scope) {
    super();
    this.#scope = scope;
    this.offline = scope?.navigator?.onLine === false;
    this.#policy = new PolicyWatch(scope); // a Worker from a blob: URL is under its page's
    scope?.addEventListener('online', () => this.cameOnline());
    scope?.addEventListener('offline', () => {
      this.offline = true;
      this.dispatchEvent(new Event('offline'));
    });
  }

  /** Also told by the page, as some browsers do not tell Workers. */
  cameOnline() {
    this.offline = false;
    this.dispatchEvent(new Event('online'));
  }

  /**
   * Resolves when something may be sent: at once unless the browser is offline, and after pauseMs in any case.
   *
   * @param {number} pauseMs
   * @param {AbortSignal} [signal]
   */
  async ready(pauseMs, signal) {
    if (this.offline) await sleep(pauseMs, { signal, wake: this });
  }

  /**
   * Why a request got no answer: the page's own policy forbids it, and always will; or nobody knows.
   *
   * @param {string} url
   */
  isForbidden(url) { return this.#policy.refusesConnection(url); }
}
