/**
 * The broker's HTTP API as operators use it, under one API key. The key is in this object and nowhere else: who lets go
 * of it forgets the key.
 */

import { BrokerClient } from '../../broker/client.js';
import { TIMING } from '../../base/timing.js';

/** The most a call may take. Completing has 20 s in the broker (`BROKER_COMPLETE_WITHIN`). */
const ANSWER_WITHIN_MS = 30_000;

/**
 * @typedef {import('./wire.js').Ended} Ended
 *
 * @typedef {object} Filter '' in any of them: no matter which
 * @property {string} state
 * @property {string} owner
 * @property {string} idleFor such as `30m`
 *
 * @typedef {object} Page
 * @property {number} limit
 * @property {string} cursor '' for the first
 */

/**
 * Whether a header can carry it. What cannot is no key, and fetch would throw in place of the broker's no.
 *
 * @param {string} text
 */
export function canBeKey(text) {
  return /^[\x21-\x7e]{1,1000}$/.test(text);
}

/** Each call is made once: the person at the page decides whether to try again. All reject with RecorderErrors. */
export class OpsClient {
  #key;
  #broker;
  #url;

  /** @param {{key: string, broker: string}} options */
  constructor({ key, broker }) {
    this.#key = key;
    this.#url = broker;
    this.#broker = new BrokerClient({ broker, timing: { ...TIMING, callTimeoutMs: ANSWER_WITHIN_MS } });
  }

  /**
   * The longest idle first.
   *
   * @param {Filter} filter
   * @param {Page} page
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./wire.js').SessionPage>}
   */
  async sessions({ state, owner, idleFor }, page, signal) {
    return (await this.#call('GET', `v1/sessions${query({ state, owner, idle_for: idleFor, ...page })}`, { signal })).body;
  }

  /**
   * One session with what S3 has of it by now.
   *
   * @param {string} id
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./wire.js').SessionDetails>}
   */
  async session(id, signal) {
    return (await this.#call('GET', `v1/sessions/${id}`, { signal })).body;
  }

  /**
   * Completes a session from the parts that arrived; unless it has changed since that revision: `precondition-failed`.
   *
   * @param {{id: string, revision: number}} session
   * @returns {Promise<Ended>} `completing` while S3 takes its time; the broker goes on by itself
   */
  async salvage({ id, revision }) {
    return (await this.#call('POST', `v1/sessions/${id}/salvage`, { revision })).body;
  }

  /**
   * Destroys what arrived of a session; unless it has changed since that revision: `precondition-failed`.
   *
   * @param {{id: string, revision: number}} session
   * @returns {Promise<Ended>} `aborting` while S3 has not let go; the broker goes on by itself
   */
  async abort({ id, revision }) {
    return (await this.#call('DELETE', `v1/sessions/${id}`, { revision })).body;
  }

  /**
   * Uploads that no session has. A page looks through `limit` uploads: few of them, or none, may be orphans.
   *
   * @param {Page} page
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./wire.js').OrphanPage>}
   */
  async orphans(page, signal) {
    return (await this.#call('GET', `v1/orphans${query({ ...page })}`, { signal })).body;
  }

  /** @param {{key: string, upload_id: string}} orphan */
  async abortOrphan({ key, upload_id: id }) {
    await this.#call('DELETE', `v1/orphans/${encodeURIComponent(id)}${query({ key })}`);
  }

  /**
   * The stream of events, as it comes. EventSource would do the reading, but it cannot send a credential.
   *
   * @param {{lastEventId: string, signal: AbortSignal}} how lastEventId: '' for "from now on"
   * @returns {Promise<Response>}
   */
  events({ lastEventId, signal }) {
    const headers = { Authorization: `Bearer ${this.#key}`, ...(lastEventId && { 'Last-Event-ID': lastEventId }) };
    return fetch(`${this.#url}/v1/events`, { headers, signal, cache: 'no-store', credentials: 'omit' });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{revision?: number, signal?: AbortSignal}} [how]
   */
  #call(method, path, { revision, signal } = {}) {
    const headers = revision === undefined ? undefined : { 'If-Match': `"${revision}"` };
    return this.#broker.call({ method, path, bearer: this.#key, credential: 'api-key', headers, signal, tries: 1 });
  }
}

/** @param {Record<string, string | number>} parameters those that are empty are left out */
function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== '').map(([name, value]) => [name, String(value)]);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
}
