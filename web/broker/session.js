/**
 * One session, as everybody who speaks about it to the broker does: with its token, which answers prolong before it
 * ends, and which a grant renews when it has expired all the same.
 */

import { RecorderError } from '../base/errors.js';
import { withGrant } from './grant.js';
import { REASON } from './reasons.js';

export class Session {
  #broker;
  #getGrant;
  #onRenewed;
  /** @type {Promise<void> | null} */
  #renewing = null;

  /**
   * @param {object} options
   * @param {import('./client.js').BrokerClient} options.broker
   * @param {import('./wire.js').Opened} options.opened
   * @param {() => Promise<string>} [options.getGrant] without it an expired token stays so
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
  async parts(request, signal) {
    return this.#prolonged(await this.#call((session) => this.#broker.parts(session, request, signal), signal));
  }

  /**
   * Asks once for a poster's URL: no recording waits for one.
   *
   * @param {import('./wire.js').PosterRequest} body
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./wire.js').SignedPut>}
   */
  poster(body, signal) {
    return this.#call(async ({ id, token: bearer }) => (
      await this.#broker.call({ method: 'POST', path: `v1/sessions/${id}/poster`, bearer, body, signal, tries: 1 })
    ).body, signal);
  }

  /** @param {import('./wire.js').Claim} claim @param {AbortSignal} [signal] */
  complete(claim, signal) {
    return this.#call((session) => this.#broker.complete(session, claim, signal), signal);
  }

  /** @param {AbortSignal} [signal] */
  async look(signal) {
    return this.#prolonged(await this.#call((session) => this.#broker.look(session, signal), signal));
  }

  /** @param {AbortSignal} [signal] */
  abort(signal) {
    return this.#call((session) => this.#broker.abort(session, signal), signal);
  }

  /**
   * @template T
   * @param {(session: import('./client.js').SessionRef) => Promise<T>} call
   * @param {AbortSignal} [signal]
   */
  async #call(call, signal) {
    try {
      return await call(this.opened);
    } catch (error) {
      const getGrant = this.#getGrant;
      if (!getGrant || !(error instanceof RecorderError) || error.reason !== REASON.tokenExpired) throw error;
      this.#renewing ??= this.#renew(getGrant, signal).finally(() => { this.#renewing = null; });
      await this.#renewing;
      return call(this.opened);
    }
  }

  /** @param {() => Promise<string>} getGrant @param {AbortSignal} [signal] */
  async #renew(getGrant, signal) {
    const { token } = await withGrant(getGrant, (grant) => this.#broker.renew(this.opened, { grant, signal }));
    this.#take(token);
  }

  /** @template {{token?: string}} T @param {T} answer @returns {T} */
  #prolonged(answer) {
    if (answer.token) this.#take(answer.token);
    return answer;
  }

  /** @param {string} token good for longer */
  #take(token) {
    this.opened = { ...this.opened, token };
    this.#onRenewed(this.opened);
  }
}
