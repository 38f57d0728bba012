/**
 * The broker's HTTP API, for one recorder: JSON in and out, patience with a broker that is away, and its problems as
 * RecorderErrors. The shapes are in wire.js. What no recorder calls is asked for with {@link BrokerClient.call}.
 */

import { backoffMs, childOf, retryAfterMs, sleep } from '../base/backoff.js';
import { Connection } from '../base/connection.js';
import { RecorderError } from '../base/errors.js';
import { REFUSALS_ON_THE_WAY, REFUSED_ON_THE_WAY } from '../base/on-the-way.js';
import { REASON } from './reasons.js';
import { TIMING } from '../base/timing.js';

/** After so many failures in a row of one call the page is told; one alone is nothing to talk about, unless it is sure to last. */
const TELL_AFTER = 2;

/** Every problem of the broker's has a type that begins so, whatever JSON a proxy calls it. */
const PROBLEM = 'urn:slipway:problem:';

/** A cancel does not wait for ever for a broker that is away: the session's reaper comes after it. */
const ABORT_TRIES = 5;

/**
 * @typedef {object} SessionRef what it takes to speak about one session
 * @property {string} id
 * @property {string} token
 *
 * @typedef {object} Call
 * @property {string} method
 * @property {string} path relative to the broker, such as `v1/sessions`
 * @property {string} bearer
 * @property {'grant' | 'token' | 'api-key'} [credential] what the bearer is: the `field` of a 401. A session's token unless given
 * @property {unknown} [body]
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal] ends the call and its retries
 * @property {number} [tries] without it the call is made until it is answered
 */

export class BrokerClient {
  #base;
  #fetch;
  #timing;
  #random;
  #connection;
  #isFinal;
  #onTrouble;

  /**
   * @param {object} options
   * @param {string} options.broker absolute URL; a path in it is kept
   * @param {typeof globalThis.fetch} [options.fetch]
   * @param {import('../base/timing.js').Timing} [options.timing]
   * @param {() => number} [options.random]
   * @param {import('../base/connection.js').Connection} [options.connection]
   * @param {() => boolean} [options.isFinal] nothing more is recorded: what only a person can mend is not waited out for ever
   * @param {(error: RecorderError) => void} [options.onTrouble] told when a call has failed twice, or for a while, and goes on
   *   trying
   */
  constructor({ broker, fetch = (...args) => globalThis.fetch(...args), timing = TIMING, random, connection = new Connection(), isFinal = () => false, onTrouble }) {
    this.#base = broker.endsWith('/') ? broker : `${broker}/`;
    this.#fetch = fetch;
    this.#timing = timing;
    this.#random = random;
    this.#connection = connection;
    this.#isFinal = isFinal;
    this.#onTrouble = onTrouble ?? (() => {});
  }

  /**
   * Opens a session. The idempotency key makes a repeated open land on the same session.
   *
   * An older broker does not know `auto`, and is asked for what it knows: while brokers are replaced, a page may come from
   * a new one and its calls to an old one.
   *
   * @param {import('./wire.js').OpenRequest} request
   * @param {{grant: string, idempotencyKey: string, signal?: AbortSignal}} how
   * @returns {Promise<import('./wire.js').Opened>}
   */
  async open(request, { grant, idempotencyKey, signal }) {
    /** @param {import('./wire.js').OpenRequest} body @param {string} key */
    const ask = async (body, key) => (await this.call({
      method: 'POST', path: 'v1/sessions', bearer: grant, credential: 'grant', headers: { 'Idempotency-Key': key }, body, signal,
    })).body;
    try {
      return await ask(request, idempotencyKey);
    } catch (error) {
      if (request.checksum !== 'auto' || !isUnknownChecksum(error)) throw error;
      return ask({ ...request, checksum: 'sha256' }, `${idempotencyKey}.sha256`); // a key goes with one request
    }
  }

  /**
   * Reports parts that arrived and asks for URLs, in one round trip; empty, it is a heartbeat.
   *
   * @param {SessionRef} session
   * @param {import('./wire.js').PartsRequest} request
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./wire.js').PartsAnswer>}
   */
  async parts({ id, token }, request, signal) {
    return (await this.call({ method: 'POST', path: `v1/sessions/${id}/parts`, bearer: token, body: request, signal })).body;
  }

  /**
   * Claims every part. While S3 takes its time (202) the same claim is sent again.
   *
   * @param {SessionRef} session
   * @param {import('./wire.js').Claim} claim
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./wire.js').Completed>}
   * @throws {RecorderError} `conflict` with `parts` where the claim and S3 differ
   */
  async complete({ id, token }, claim, signal) {
    for (;;) {
      const answer = await this.call({ method: 'POST', path: `v1/sessions/${id}/complete`, bearer: token, body: claim, signal });
      if (answer.status !== 202) return answer.body;
      await sleep(pendingMs(answer), { signal });
    }
  }

  /**
   * What S3 has of a session, and what became of it.
   *
   * @param {SessionRef} session
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./wire.js').SessionAnswer>}
   */
  async look({ id, token }, signal) {
    return (await this.call({ method: 'GET', path: `v1/sessions/${id}`, bearer: token, signal })).body;
  }

  /**
   * A fresh token for an expired one.
   *
   * @param {SessionRef} session
   * @param {{grant: string, signal?: AbortSignal}} how a grant of the same owner
   * @returns {Promise<{token: string}>}
   */
  async renew({ id, token }, { grant, signal }) {
    return (await this.call({ method: 'POST', path: `v1/sessions/${id}/token`, bearer: grant, credential: 'grant', body: { token }, signal })).body;
  }

  /**
   * Aborts the session in S3. Gives up after a few tries, so that a cancel ends.
   *
   * @param {SessionRef} session
   * @param {AbortSignal} [signal]
   */
  async abort({ id, token }, signal) {
    for (let round = 0; round < ABORT_TRIES; round++) {
      const answer = await this.call({ method: 'DELETE', path: `v1/sessions/${id}`, bearer: token, signal, tries: ABORT_TRIES });
      if (answer.status !== 202) return;
      await sleep(pendingMs(answer), { signal });
    }
    // The intent is stored: the broker finishes it without us.
  }

  /**
   * Deletes a completed recording for good. A session's token may not; its owner's grant may.
   *
   * @param {string} id
   * @param {{grant: string, signal?: AbortSignal}} how
   */
  async deleteRecording(id, { grant, signal }) {
    await this.call({ method: 'DELETE', path: `v1/recordings/${id}`, bearer: grant, credential: 'grant', signal, tries: ABORT_TRIES });
  }

  /**
   * Repeats a call until the broker answers it. After 5xx, 429, silence, or an answer that is not the broker's own, it
   * waits and tries again. It throws any other refusal, and the last error once `tries` are used up.
   *
   * @param {Call} request
   * @returns {Promise<{status: number, body: any, retryAfterMs?: number}>}
   */
  async call(request) {
    /** @type {Set<string>} */
    const told = new Set();
    let refusals = 0;
    for (let failures = 1; ; failures++) {
      await this.#connection.ready(this.#timing.retryCapMs, request.signal);
      const answer = await this.#once(request);
      if (!('error' in answer)) return answer;
      const { error } = answer;
      refusals = this.#isFinal() && error.reason === REFUSED_ON_THE_WAY ? refusals + 1 : 0;
      if (!isPassing(error) || failures >= (request.tries ?? Infinity) || refusals === REFUSALS_ON_THE_WAY) throw error;
      if (failures >= (isLasting(error) ? 1 : TELL_AFTER) && !told.has(`${error.code} ${error.reason}`)) {
        told.add(`${error.code} ${error.reason}`);
        this.#onTrouble(error);
      }
      const wake = error.code === 'offline' ? this.#connection : undefined;
      const ms = backoffMs(failures, this.#timing, { retryAfterMs: error.retryAfterMs, random: this.#random });
      await sleep(ms, { signal: request.signal, wake });
    }
  }

  /**
   * Tries once. A call that takes longer than `callTimeoutMs` fails; the time to read the body counts.
   *
   * @param {Call} call
   * @returns {Promise<{status: number, body: any, retryAfterMs?: number} | {error: RecorderError}>}
   */
  async #once({ method, path, bearer, credential = 'token', body, headers, signal }) {
    const limit = childOf(signal);
    const timer = setTimeout(() => limit.abort(new Error('no answer in time')), this.#timing.callTimeoutMs);
    try {
      // No `cache: 'no-store'`, which the broker's answers say themselves: with it Chromium 156 forgets preflights as well, and
      // sends one before every call (seen 2026-11-23).
      const response = await this.#fetch(this.#base + path, {
        method,
        headers: {
          Authorization: `Bearer ${bearer}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: limit.signal,
        credentials: 'omit',
      });
      const text = await response.text();
      const wish = retryAfterMs(response.headers.get('Retry-After'));
      if (!response.ok) return { error: problem(response, text, wish, `${method} ${path}`, credential) };
      if (response.status === 204) return { status: 204, body: null };
      const answer = parse(text);
      // A hotel's login page answers 200 to everything.
      if (!answer) return { error: new RecorderError('offline', `${method} ${path}: the answer is not the broker's`) };
      return { status: response.status, body: answer, retryAfterMs: wish };
    } catch (cause) {
      signal?.throwIfAborted();
      return { error: await this.#unanswered(`${method} ${path}`, cause) };
    } finally {
      clearTimeout(timer);
      limit.release();
    }
  }

  /** @param {string} what @param {unknown} cause */
  async #unanswered(what, cause) {
    if (await this.#connection.isForbidden(this.#base)) {
      return new RecorderError('offline', `${what}: this page’s CSP forbids it: connect-src lacks ${new URL(this.#base).origin}`, { reason: 'csp', cause });
    }
    return new RecorderError('offline', `${what}: no answer from the broker (offline, wrong address, or its CORS rules forbid it)`, { cause });
  }
}

/**
 * Whether the same call may be answered otherwise later. `completing` is somebody else's salvage or our own complete of
 * before a crash: soon it is one thing or the other.
 *
 * @param {RecorderError} error
 */
function isPassing({ code, status, reason }) {
  return code === 'offline' || reason === REASON.completing || (status !== undefined && (status >= 500 || status === 429 || status === 408));
}

/** A limit lasts until the broker says, and a page's policy as long as the page: no second try is needed to tell. @param {RecorderError} error */
function isLasting({ code, reason }) {
  return code === 'limited' || reason === 'csp';
}

/** @param {unknown} error */
function isUnknownChecksum(error) {
  return error instanceof RecorderError && error.reason === REASON.unknownValue && error.field === 'checksum';
}

/** @param {{body: any, retryAfterMs?: number}} answer */
function pendingMs({ body, retryAfterMs: wish }) {
  return body?.retry_after_ms ?? wish ?? 1000;
}

/**
 * The broker's problem+json as an error. Something between us and it may answer instead, such as an ingress that has
 * just lost its broker: that says nothing about the session, whatever its status.
 *
 * @param {Response} response
 * @param {string} text
 * @param {number | undefined} wish
 * @param {string} what
 * @param {'grant' | 'token' | 'api-key'} credential what a 401 is about: the broker names none
 */
function problem({ status, headers }, text, wish, what, credential) {
  const body = /** @type {import('./wire.js').Problem | null} */ (/[/+]json\b/i.test(headers.get('Content-Type') ?? '') ? parse(text) : null);
  if (!body?.code || !body.type?.startsWith(PROBLEM)) {
    const passing = status >= 500 || status === 429 || status === 408;
    const facts = { status, reason: passing ? undefined : REFUSED_ON_THE_WAY, retryAfterMs: wish };
    return new RecorderError(passing ? 'unavailable' : 'offline', `${what}: status ${status}, and the answer is not the broker's`, facts);
  }
  return new RecorderError(body.code, `${what}: ${body.detail ?? body.title ?? `status ${status}`}`, {
    status,
    reason: body.reason,
    field: body.field ?? (status === 401 ? credential : undefined),
    limit: body.limit,
    requestId: body.request_id,
    retryAfterMs: body.retry_after_ms ?? wish,
    parts: body.parts,
  });
}

/** @param {string} text */
function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
