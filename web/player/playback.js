/**
 * Asks the broker for the URL of one recording, patiently: a broker that is away or busy is asked again.
 */

import { backoffMs, sleep } from '../base/backoff.js';
import { brokerUrl } from '../pages/broker-url.js';

const TIMING = { retryBaseMs: 500, retryCapMs: 15_000 };
const ANSWER_WITHIN_MS = 20_000;

/**
 * @typedef {object} Recording as api/openapi.yaml has it
 * @property {string} url
 * @property {string} [poster_url]
 * @property {string} [captions_url]
 * @property {string} [title] what people call it by now
 * @property {string} [name] what it was opened with
 * @property {string} content_type
 * @property {number} size
 * @property {string} [created_at]
 * @property {number} expires_in_ms
 */

/** The broker's definite no. */
export class PlaybackError extends Error {
  /**
   * @param {number} status
   * @param {{code?: string, reason?: import('../broker/reasons.js').BrokerReason, detail?: string, request_id?: string, retry_after_ms?: number, safe_bytes?: number}} problem
   */
  constructor(status, problem) {
    super(problem.detail ?? `status ${status}`);
    this.status = status;
    this.code = problem.code ?? String(status);
    this.reason = problem.reason;
    this.requestId = problem.request_id;
    this.retryAfterMs = problem.retry_after_ms;
    this.safeBytes = problem.safe_bytes;
  }
}

/**
 * @param {string} id
 * @param {string} token the share token, or an owner's grant; empty: none
 * @param {{broker?: string, onTrouble?: () => void, signal?: AbortSignal}} [options] broker: that of the page unless given; onTrouble: it has
 *   failed twice and is tried on; signal: nobody waits any more
 * @returns {Promise<{recording: Recording, lease: UrlLease}>}
 * @throws {PlaybackError}
 */
export async function fetchRecording(id, token, { broker = brokerUrl(location.href), onTrouble, signal } = {}) {
  for (let failures = 1; ; failures++) {
    const answer = await askOnce(broker, id, token);
    if ('recording' in answer) return answer;
    if (failures === 2) onTrouble?.();
    const ms = backoffMs(failures, TIMING, { retryAfterMs: answer.retryAfterMs });
    await sleep(ms, { wake: globalThis, signal }); // or until the browser is back online
  }
}

/**
 * @param {string} broker
 * @param {string} id
 * @param {string} token
 * @returns {Promise<{recording: Recording, lease: UrlLease} | {retryAfterMs?: number}>}
 */
async function askOnce(broker, id, token) {
  const born = UrlLease.now(); // the URL's life begins no earlier
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ANSWER_WITHIN_MS);
  try {
    const response = await fetch(`${broker}/v1/recordings/${id}`, {
      headers: token ? { Authorization: `Bearer ${token}` } : {}, cache: 'no-store', credentials: 'omit', signal: limit.signal,
    });
    const body = await response.json().catch(() => null); // something between us and the broker may answer in its own way
    if (response.ok && body?.url) return { recording: body, lease: new UrlLease(body.url, body.expires_in_ms, born) };
    if (response.ok || response.status >= 500 || response.status === 429) return { retryAfterMs: body?.retry_after_ms };
    throw new PlaybackError(response.status, body ?? {});
  } catch (error) {
    if (error instanceof PlaybackError) throw error;
    return {};
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A URL and what is left of its life. The monotonic clock may stand still while a computer sleeps, and the wall clock
 * may be set: the one that says more time has passed is believed. At worst that costs one early renewal.
 */
export class UrlLease {
  #lifeMs;
  #born;

  /**
   * @param {string} url
   * @param {number} lifeMs
   * @param {{monotonic: number, wall: number}} born
   */
  constructor(url, lifeMs, born) {
    this.url = url;
    this.#lifeMs = lifeMs;
    this.#born = born;
  }

  static now() {
    return { monotonic: performance.now(), wall: Date.now() };
  }

  get leftMs() {
    const now = UrlLease.now();
    return this.#lifeMs - Math.max(now.monotonic - this.#born.monotonic, now.wall - this.#born.wall);
  }

  get over() {
    return this.leftMs <= 0;
  }

  /** Near its end: within a quarter of its life, at most 30 s. */
  get ending() {
    return this.leftMs <= Math.min(30_000, this.#lifeMs / 4);
  }
}
