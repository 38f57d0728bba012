/**
 * Makes the broker's calls for one session, with the session's token. An answer of the broker may carry a token with a
 * longer life; the next call uses it. If the token has expired all the same, a call renews it once with a grant.
 */

import { RecorderError } from '../base/errors.js';
import { withGrant } from './grant.js';
import { REASON } from './reasons.js';

export class SessionClient {
  #broker;
  #getGrant;
  #onRenewed;
  /** @type {Promise<void> | null} */
  #renewing = null;

  /**
   * @param {object} options
   * @param {import('./client.js').BrokerClient} options.broker
   * @param {import('./wire.js').Opened} options.opened
   * @param {() => Promise<string>} [options.getGrant] without it, an expired token is not renewed and calls fail
   * @param {(opened: import('./wire.js').Opened) => void} [options.onRenewed] gets `opened` with a new token, to keep it
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
    return this.#withFreshToken(await this.#call((session) => this.#broker.parts(session, request, signal), signal));
  }

  /**
   * Asks for a poster's URL, and does not retry: no recording waits for its poster.
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
    return this.#withFreshToken(await this.#call((session) => this.#broker.look(session, signal), signal));
  }

  /** @param {AbortSignal} [signal] */
  abort(signal) {
    return this.#call((session) => this.#broker.abort(session, signal), signal);
  }

  /**
   * @template T
   * @param {(session: import('./client.js').SessionRef) => Promise<T>} ask is repeated once if the token had expired
   * @param {AbortSignal} [signal]
   */
  async #call(ask, signal) {
    try {
      return await ask(this.opened);
    } catch (error) {
      const getGrant = this.#getGrant;
      if (!getGrant || !(error instanceof RecorderError) || error.reason !== REASON.tokenExpired) throw error;
      this.#renewing ??= this.#renew(getGrant, signal).finally(() => { this.#renewing = null; });
      await this.#renewing;
      return ask(this.opened);
    }
  }

  /** @param {() => Promise<string>} getGrant @param {AbortSignal} [signal] */
  async #renew(getGrant, signal) {
    const { token } = await withGrant(getGrant, (grant) => this.#broker.renew(this.opened, { grant, signal }));
    this.#take(token);
  }

  /** @template {{token?: string}} T @param {T} answer @returns {T} */
  #withFreshToken(answer) {
    if (answer.token) this.#take(answer.token);
    return answer;
  }

  /** @param {string} token with a longer life */
  #take(token) {
    this.opened = { ...this.opened, token };
    this.#onRenewed(this.opened);
  }
}
