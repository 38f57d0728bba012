/**
 * What the browser says about the network. `online` ends every wait at once. While the browser is offline, nothing is sent.
 *
 * A browser is sometimes wrong about being offline (with some virtual networks). So this only delays requests, and does
 * not forbid them.
 */

import { sleep } from './backoff.js';
import { BaseTarget } from './base-target.js';
import { PolicyWatch } from './policy-watch.js';

export class Connection extends BaseTarget {
  #scope;
  offline = false;
  #policy;

  /** Whether the person has asked the browser to save data. */
  get saveData() { return this.#scope?.navigator?.connection?.saveData === true; }

  /** @param {EventTarget & {navigator?: {onLine?: boolean, connection?: {saveData?: boolean}}}} [scope] a Worker's or a page's global scope */
  constructor(scope) {
    super();
    this.#scope = scope;
    this.offline = scope?.navigator?.onLine === false;
    this.#policy = new PolicyWatch(scope); // a Worker from a blob: URL has its page's policy
    scope?.addEventListener('online', () => this.cameOnline());
    scope?.addEventListener('offline', () => {
      this.offline = true;
      this.dispatchEvent(new Event('offline'));
    });
  }

  /** The page calls this too, because some browsers do not tell Workers. */
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
   * Why a request got no answer: the page's own policy forbids it, and always will, or the reason is not known.
   *
   * @param {string} url
   */
  isForbidden(url) { return this.#policy.refusesConnection(url); }
}
