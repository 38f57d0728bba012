/**
 * Uploads a file straight to S3, with URLs that a Slipway broker signs, by plain fetch: no DOM, no Worker. Its state is a
 * JSON value that your app stores. If the app is killed, give the state back later, and the upload goes on from there. If the
 * app never comes back after the last part, the broker completes the upload by itself.
 */

import { Calls, UploadError } from './calls.js';

export { UploadError };

/** How many URLs are asked for at once, and how many parts are on their way at once unless told otherwise. */
const SIGN_AHEAD = 32;
const PARALLEL = 3;

/** A PUT of one part is tried so often, each time with a URL that is not older than this one's life. */
const TRIES = 20;

/** A URL is refused so when the broker completes the upload meanwhile: a part had come, though nobody was told. */
const MEANWHILE = ['completing', 'completed'];

/** What S3 has otherwise than it was claimed is sent again so often: something on the way may change it each time. */
const ROUNDS = 5;

/** Instead of a random UUID, which React Native does not have. */
const randomKey = () => Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 10).padEnd(8, '0')).join('');

/**
 * @typedef {object} State all that it takes to go on; JSON
 * @property {1} version
 * @property {string} key the Idempotency-Key: an open that was not answered is repeated with it
 * @property {number} size bytes
 * @property {number} [lastModified] of the source, if it says so
 * @property {string} [id] of the session, once it is open
 * @property {string} [token]
 * @property {number} [partSize] bytes
 * @property {Record<string, string>} etags of the parts that S3 has, by number; '' if the ETag could not be read
 *
 * @typedef {object} Source
 * @property {number} size bytes
 * @property {number} [lastModified] ms since 1970, as a File has it: a source that changed is then not mixed with what it was
 * @property {(from: number, to: number) => any} slice the bytes from one offset up to before another, or a promise of them: whatever
 *   fetch takes as a body
 *
 * @typedef {object} Options
 * @property {string} broker its URL
 * @property {() => string | Promise<string>} grant asks your back end for a grant
 * @property {Source} source the same bytes each time: a Blob or File fits as it is
 * @property {string} contentType such as `video/mp4`
 * @property {string} [name]
 * @property {Record<string, string>} [metadata]
 * @property {number} [partSize] bytes, 5 MiB to 5 GiB; the broker's default otherwise
 * @property {number} [parallel] parts on their way at once; 3
 * @property {number} [urlTtlMs] how long a URL is good, at most 7 days; the broker's default otherwise
 * @property {State | null} [state] of an upload that was cut short
 * @property {(state: State) => void | Promise<void>} [save] is told each new state, and waited for
 * @property {(bytes: number) => void} [onProgress] how many bytes are in S3
 * @property {AbortSignal} [signal] ends the upload here; what S3 has stays
 * @property {typeof globalThis.fetch} [fetch]
 *
 * @typedef {{url: string, headers?: Record<string, string>, goodUntil: number}} Signed the URL of a part, asked for anew once it is not good any more
 *
 * @typedef {object} Uploaded
 * @property {string} id
 * @property {number} size bytes
 * @property {string} watchUrl
 */

/**
 * Uploads the file, or goes on with an upload that was cut short.
 *
 * @param {Options} options
 * @returns {Promise<Uploaded>}
 * @throws {UploadError} what the broker refuses. If its `code` is `conflict` or `not-found`, the session has ended otherwise: begin anew without
 *   `state`
 */
export async function upload(options) { return new Upload(options).run(); }

class Upload {
  #options;
  #calls;
  /** @type {State} */
  #state;
  /** What was asked for, and may not be here yet. @type {Map<number, Promise<Signed>>} */
  #urls = new Map();
  /** Saves run one after the other. @type {Promise<unknown>} */
  #saved = Promise.resolve();

  /** @param {Options} options */
  constructor(options) {
    const { broker, fetch = (...args) => globalThis.fetch(...args), signal, source, state } = options;
    this.#options = options;
    this.#calls = new Calls({ broker, fetch, signal });
    if (state && state.size !== source.size) {
      throw new UploadError({ code: 'invalid', field: 'state', detail: `the state is of a file of ${state.size} bytes, and this one has ${source.size}` });
    }
    if (state && state.lastModified !== source.lastModified) {
      throw new UploadError({ code: 'invalid', field: 'state', detail: 'the file changed since its upload began: begin anew without state' });
    }
    this.#state = state ? { ...state, etags: { ...state.etags } }
      : { version: 1, key: randomKey(), size: source.size, lastModified: source.lastModified, etags: {} };
  }

  async run() {
    let done = this.#state.id === undefined ? await this.#open() : await this.#catchUp();
    for (let round = 1; !done; round++) done = await this.#sendMissing() ?? await this.#complete(round === ROUNDS);
    return this.#uploaded(done);
  }

  /** Opens the session. An open that is repeated may find that it is completed, and returns it then. */
  async #open() {
    const { contentType, name, metadata, partSize, grant } = this.#options;
    await this.#save(); // the key, before anything is opened with it
    const opened = await this.#calls.ask({
      method: 'POST', path: '/v1/sessions', bearer: await grant(), headers: { 'idempotency-key': this.#state.key },
      body: { content_type: contentType, name, metadata, part_size: partSize, size: this.#state.size, finish: 'when-whole', checksum: 'none' },
    });
    Object.assign(this.#state, { id: opened.id, token: opened.token, partSize: opened.part_size });
    await this.#save();
    return opened.state === 'open' ? null : this.#catchUp();
  }

  /** Learns what S3 has. Returns the session if it is completed already. */
  async #catchUp() {
    const seen = await this.#look();
    if (seen.state === 'completed' && seen.size === this.#state.size) return seen;
    if (seen.state !== 'open' && seen.state !== 'completing') {
      throw new UploadError({ code: 'conflict', reason: seen.state, detail: `the session is ${seen.state}` });
    }
    /** @type {{number: number, etag: string}[]} */
    const there = seen.parts;
    this.#state.etags = Object.fromEntries(there.filter(({ number }) => !seen.missing.includes(number)).map(({ number, etag }) => [number, etag]));
    if (seen.state === 'completing') { // S3 had it all, and may not list it any more
      for (let number = 1; number <= this.#parts; number++) this.#state.etags[number] ??= '';
    }
    return null;
  }

  #look() { return this.#ask({ method: 'GET' }); }

  /**
   * A call of this session. A token that has ended is exchanged for a new one, and a fresh one that comes with an answer is kept.
   *
   * @param {{method: string, path?: string, body?: unknown}} call
   */
  async #ask({ method, path = '', body }) {
    const at = `/v1/sessions/${this.#state.id}`;
    const ask = () => this.#calls.ask({ method, path: at + path, body, bearer: this.#state.token ?? '' });
    const answer = await ask().catch(async (error) => {
      if (error.reason !== 'token-expired') throw error;
      const grant = await this.#options.grant();
      await this.#keep(await this.#calls.ask({ method: 'POST', path: `${at}/token`, bearer: grant, body: { token: this.#state.token } }));
      return ask();
    });
    await this.#keep(answer);
    return answer;
  }

  /** @param {{token?: string}} answer */
  async #keep({ token }) {
    if (!token || token === this.#state.token) return;
    this.#state.token = token;
    await this.#save();
  }

  get #parts() {
    const { size, partSize = 1 } = this.#state;
    return Math.ceil(size / partSize);
  }

  /** @param {number} number */
  #range(number) {
    const { size, partSize = 1 } = this.#state;
    const from = (number - 1) * partSize;
    return { from, to: Math.min(size, from + partSize) };
  }

  /** @param {number} number */
  #size(number) {
    const { from, to } = this.#range(number);
    return to - from;
  }

  /** @param {number} number */
  #isThere(number) { return this.#state.etags[number] !== undefined; }

  /** Sends every part that S3 does not have, some side by side and none twice at the same time. Returns the session if it is completed meanwhile. */
  async #sendMissing() {
    const numbers = Array.from({ length: this.#parts }, (_, i) => i + 1).filter((n) => !this.#isThere(n));
    this.#tellProgress();
    /** @type {any} */
    let failure;
    const lane = async () => {
      for (let number = numbers.shift(); number !== undefined && !failure; number = numbers.shift()) {
        await this.#send(number, numbers).catch((error) => { failure ??= error; });
      }
    };
    await Promise.all(Array.from({ length: this.#options.parallel ?? PARALLEL }, lane));
    if (MEANWHILE.includes(failure?.reason)) return this.#catchUp();
    if (failure) throw failure;
    return null;
  }

  /** @param {number} number @param {number[]} next whose URLs are asked for in the same call */
  async #send(number, next) {
    const { from, to } = this.#range(number);
    for (let tries = 0; tries < TRIES; tries++) {
      const signed = await this.#signed(number, next);
      const { status, etag } = await this.#calls.put(signed, await this.#options.source.slice(from, to));
      if (status >= 200 && status < 300) {
        this.#state.etags[number] = etag ?? '';
        this.#tellProgress();
        return this.#save();
      }
      this.#urls.delete(number);
      if (status === 404) await this.#look(); // it throws if the upload is lost
      await this.#calls.backOff(tries);
    }
    throw new UploadError({ code: 's3', detail: `part ${number} was not taken in ${TRIES} tries` });
  }

  /** A URL for a part, asked for together with those of the parts that come next. @param {number} number @param {number[]} next */
  async #signed(number, next) {
    const promised = this.#urls.get(number);
    if (promised) { // else nothing is waited for: the next lane is to find what this one asks for
      const known = await promised;
      if (known.goodUntil > Date.now()) return known;
    }
    const numbers = [number, ...next.slice(0, SIGN_AHEAD - 1)];
    const asked = this.#askForURLs(numbers);
    for (const n of numbers) {
      const url = asked.then((urls) => /** @type {Signed} */ (urls.get(n)));
      url.catch(() => this.#urls.delete(n)); // the caller that waits for it gets the error
      this.#urls.set(n, url);
    }
    return /** @type {Signed} */ ((await asked).get(number));
  }

  /** @param {number[]} numbers @returns {Promise<Map<number, Signed>>} */
  async #askForURLs(numbers) {
    const { urlTtlMs } = this.#options;
    const asked = Date.now();
    const sign = numbers.map((n) => ({ number: n, size: this.#size(n) }));
    const { urls } = await this.#ask({ method: 'POST', path: '/parts', body: { sign, ttl_s: urlTtlMs === undefined ? undefined : Math.ceil(urlTtlMs / 1000) } });
    return new Map(urls.map((/** @type {any} */ { number, url, headers, expires_in_ms }) => [number, { url, headers, goodUntil: asked + expires_in_ms / 2 }]));
  }

  /** Claims the whole file. Returns null if S3 has a part otherwise, which is then to be sent again. @param {boolean} last it was sent often enough */
  async #complete(last) {
    const parts = Array.from({ length: this.#parts }, (_, i) => ({ number: i + 1, size: this.#size(i + 1), etag: this.#state.etags[i + 1] || undefined }));
    try {
      return await this.#ask({ method: 'POST', path: '/complete', body: { parts, size: this.#state.size } });
    } catch (error) {
      if (!(error instanceof UploadError) || error.reason !== 'parts-differ' || last) throw error;
      for (const { number } of error.parts) delete this.#state.etags[number];
      await this.#save();
      return null;
    }
  }

  /** @param {{size: number, watch_url: string}} done */
  #uploaded({ size, watch_url }) { return { id: /** @type {string} */ (this.#state.id), size, watchUrl: watch_url }; }

  #tellProgress() {
    this.#options.onProgress?.(Object.keys(this.#state.etags).reduce((sum, number) => sum + this.#size(Number(number)), 0));
  }

  /** Saves run in order, so that the last one is the newest. Each has a copy, which the app may keep. */
  async #save() {
    const copy = JSON.parse(JSON.stringify(this.#state));
    this.#saved = this.#saved.then(() => this.#options.save?.(copy));
    await this.#saved;
  }
}
