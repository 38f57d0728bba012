/**
 * The HTTP API, as a program without a browser uses it.
 */

import { until } from './until.js';

/**
 * Uploads bytes and returns the link under which they play.
 *
 * @param {import('./broker-dev.js').BrokerDev} broker
 * @param {Buffer} bytes
 * @returns {Promise<string>}
 */
export async function uploadByApi(broker, bytes) {
  const upload = await ApiUpload.open(broker, bytes);
  await upload.send(upload.parts.length);
  return upload.complete();
}

/** An upload that is done step by step. */
export class ApiUpload {
  #broker;
  #session;
  #uploaded = [];

  /** @param {import('./broker-dev.js').BrokerDev} broker @param {any} session as open answered @param {Buffer} bytes */
  constructor(broker, session, bytes) {
    this.#broker = broker;
    this.#session = session;
    this.bytes = bytes;
    /** @type {Buffer[]} */
    this.parts = [];
    for (let from = 0; from < bytes.length; from += session.part_size) this.parts.push(bytes.subarray(from, from + session.part_size));
  }

  /** @param {import('./broker-dev.js').BrokerDev} broker @param {Buffer} bytes */
  static async open(broker, bytes) {
    const body = { content_type: 'video/webm', owner: 'e2e', name: 'A long one', size: bytes.length };
    return new ApiUpload(broker, await broker.call('POST', '/v1/sessions', { body }), bytes);
  }

  /** The link, which plays once it is completed. @returns {string} */
  get link() { return this.#session.watch_url; }

  /** Sends so many more parts, and reports them. @param {number} count */
  async send(count) {
    const first = this.#uploaded.length;
    const sign = this.parts.slice(first, first + count).map(({ length }, i) => ({ number: first + i + 1, size: length }));
    const { urls } = await this.#call('parts', { sign });
    const uploaded = await Promise.all(urls.map(async ({ number, url }) => {
      const body = this.parts[number - 1];
      const response = await fetch(url, { method: 'PUT', body, signal: AbortSignal.timeout(60_000) });
      if (!response.ok) throw new Error(`PUT of part ${number}: ${response.status} ${await response.text()}`);
      return { number, size: body.length, etag: response.headers.get('ETag') };
    }));
    await this.#call('parts', { uploaded });
    this.#uploaded.push(...uploaded);
  }

  /** @returns {Promise<string>} the link */
  async complete() {
    return (await this.#call('complete', { parts: this.#uploaded, size: this.bytes.length })).watch_url;
  }

  /** @param {string} what @param {object} body */
  #call(what, body) {
    return this.#broker.call('POST', `/v1/sessions/${this.#session.id}/${what}`, { token: this.#session.token, body });
  }
}

/** Has the broker complete a session that is whole, by a sign of life. @param {import('./broker-dev.js').BrokerDev} broker @param {{id: string, token: string}} session */
export async function completeByItself(broker, { id, token }) {
  await until('the broker completes it', async () => {
    if ((await broker.call('GET', `/v1/sessions/${id}`)).state === 'completed') return true;
    await broker.call('POST', `/v1/sessions/${id}/parts`, { token, body: {} }).catch(() => {}); // it may be completing by now
    return false;
  }, { everyMs: 1000 });
}

/** @param {import('./broker-dev.js').BrokerDev} broker @param {object} [fields] more of the request @returns {Promise<string>} a grant for one person's browser */
export async function mintGrant(broker, fields) {
  const { grant } = await broker.call('POST', '/v1/grants', { body: { owner: 'user-17', ...fields } });
  return grant;
}
