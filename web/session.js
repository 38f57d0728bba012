/**
 * One session, as everybody who speaks about it to the broker does: with its token, which is renewed when it has
 * expired.
 */

import { RecorderError } from './errors.js';
import { withGrant } from './grant.js';

export class Session {
  #broker;
  #getGrant;
  #onRenewed;
  /** @type {Promise<void> | null} */
  #renewing = null;

  /**
   * @param {object} options
   * @param {import('./broker-client.js').BrokerClient} options.broker
   * @param {import('./wire.js').Opened} options.opened
   * @param {() => Promise<string>} options.getGrant
   * @param {(opened: import('./wire.js').Opened) => void} [options.onRenewed] the same with another token, to be kept
   */
  constructor({ broker, opened, getGrant, onRenewed = () => {} }) {
    this.#broker = broker;
    this.opened = opened;
    this.#getGrant = getGrant;
    this.#onRenewed = onRenewed;
  }

  get id() { return this.opened.id; }

  /** @param {import('./wire.js').PartsRequest} request @param {AbortSignal} [signal] */
  parts(request, signal) {
    return this.#call((session) => this.#broker.parts(session, request, signal), signal);
  }

  /** @param {import('./wire.js').Claim} claim @param {AbortSignal} [signal] */
  complete(claim, signal) {
    return this.#call((session) => this.#broker.complete(session, claim, signal), signal);
  }

  /** @param {AbortSignal} [signal] */
  look(signal) {
    return this.#call((session) => this.#broker.look(session, signal), signal);
  }

  /** Not worth a grant: the reaper comes after it. @param {AbortSignal} [signal] */
  abort(signal) {
    return this.#broker.abort(this.opened, signal);
  }

  /**
   * @template T
   * @param {(session: import('./broker-client.js').SessionRef) => Promise<T>} call
   * @param {AbortSignal} [signal]
   */
  async #call(call, signal) {
    try {
      return await call(this.opened);
    } catch (error) {
      if (!(error instanceof RecorderError) || error.reason !== 'token-expired') throw error;
      this.#renewing ??= this.#renew(signal).finally(() => { this.#renewing = null; });
      await this.#renewing;
      return call(this.opened);
    }
  }

  /** @param {AbortSignal} [signal] */
  async #renew(signal) {
    const { token } = await withGrant(this.#getGrant, (grant) => this.#broker.renew(this.opened, { grant, signal }));
    this.opened = { ...this.opened, token };
    this.#onRenewed(this.opened);
  }
}
