/**
 * Calls to a broker and to S3, repeated until they are answered.
 */

/** The waits between tries double from the first to the last; each is cut by up to half at random. In ms. */
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 30_000;

/** A call that has no answer after this time is made again. A part of 5 MiB over 400 kbit/s takes 100 s. */
const CALL_MS = 60_000;
const PUT_MS = 10 * 60_000;

/** Every problem of the broker's has a type that begins so. */
const PROBLEM = 'urn:slipway:problem:';

/** What the broker or S3 refused for good. `code`, `reason` and `field` are the broker's; see docs/protocol.md, "Errors". */
export class UploadError extends Error {
  /** @param {{code: string, detail: string, reason?: string, field?: string, status?: number, parts?: {number: number}[]}} problem */
  constructor({ code, detail, reason, field, status, parts }) {
    super(`${code}${reason ? ` (${reason})` : ''}: ${detail}`);
    this.name = 'UploadError';
    this.code = code;
    this.reason = reason;
    this.field = field;
    this.status = status;
    /** Of `parts-differ`: those that S3 has otherwise than they should be. */
    this.parts = parts ?? [];
  }
}

/**
 * @typedef {object} Call
 * @property {string} method
 * @property {string} path
 * @property {string} bearer
 * @property {unknown} [body]
 * @property {Record<string, string>} [headers]
 */

/** The calls of one upload. Waits and calls end with `signal`. */
export class Calls {
  #base;
  #fetch;
  #signal;

  /** @param {{broker: string, fetch: typeof globalThis.fetch, signal?: AbortSignal}} options */
  constructor({ broker, fetch, signal }) {
    this.#base = broker.replace(/\/$/, '');
    this.#fetch = fetch;
    this.#signal = signal;
  }

  /**
   * Asks the broker until it answers. While it is away, or says that it takes a while, the call is made again.
   *
   * @param {Call} call
   * @returns {Promise<any>} the JSON of the answer
   * @throws {UploadError} what the broker refuses for good
   */
  async ask({ method, path, bearer, body, headers = {} }) {
    for (let tries = 0; ; tries++) {
      const answer = await this.#once(`${this.#base}${path}`, {
        method,
        headers: { authorization: `Bearer ${bearer}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      }, CALL_MS);
      const status = answer?.status ?? 0;
      const json = await answer?.json().catch(() => null);
      if (json && answer?.ok && status !== 202) return json;
      const ours = String(json?.type).startsWith(PROBLEM);
      if (ours && json.retry_after_ms === undefined && status < 500 && status !== 429) throw new UploadError({ ...json, status });
      await this.#wait(tries, json?.retry_after_ms);
    }
  }

  /**
   * PUTs one part once.
   *
   * @param {{url: string, headers?: Record<string, string>}} signed
   * @param {any} body what fetch takes: a Blob, an ArrayBuffer, a Uint8Array
   * @returns {Promise<{status: number, etag: string | null}>} status 0: no answer
   */
  async put({ url, headers = {} }, body) {
    const own = Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length')); // fetch sets it
    const answer = await this.#once(url, { method: 'PUT', headers: own, body }, PUT_MS);
    await answer?.text().catch(() => ''); // the connection is free for the next part then
    return { status: answer?.status ?? 0, etag: answer?.ok ? answer.headers.get('etag') : null };
  }

  /** Waits before another try. @param {number} tries so far @param {number} [atLeast] ms */
  async #wait(tries, atLeast = 0) {
    const backoff = Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries) * (1 - Math.random() / 2);
    await this.sleep(Math.max(backoff, atLeast));
  }

  /** @param {number} tries */
  async backOff(tries) { await this.#wait(tries); }

  /** @param {number} ms */
  async sleep(ms) {
    await new Promise((resolve) => {
      const timer = setTimeout(end, ms);
      const signal = this.#signal;
      function end() {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve(undefined);
      }
      signal?.addEventListener('abort', end);
    });
    this.#signal?.throwIfAborted();
  }

  /**
   * @param {string} url
   * @param {any} init
   * @param {number} ms after which it is given up
   * @returns {Promise<Response | null>} null: no answer
   */
  async #once(url, init, ms) {
    this.#signal?.throwIfAborted();
    const ended = new AbortController();
    const end = () => ended.abort();
    const timer = setTimeout(end, ms);
    this.#signal?.addEventListener('abort', end);
    try {
      return await this.#fetch(url, { ...init, signal: ended.signal });
    } catch {
      this.#signal?.throwIfAborted();
      return null; // a message of fetch may hold the URL, which is a secret
    } finally {
      clearTimeout(timer);
      this.#signal?.removeEventListener('abort', end);
    }
  }
}
