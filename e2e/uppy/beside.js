/**
 * The same requests to Companion and to the broker, over one S3 server: prints docs/uppy.md's table of what each answers.
 * Companion is the one that bench/peers pins.
 */

import { fileURLToPath } from 'node:url';
import { Companion } from '../../bench/browser/companion.js';
import { mintGrant } from '../lib/api.js';
import { BrokerDev } from '../lib/broker-dev.js';

const MIB = 1024 * 1024;
const PEERS = fileURLToPath(new URL('../../bench/peers', import.meta.url));

/** One server's /s3. */
class Side {
  /** @param {string} at @param {string} [elsewhere] where another person calls */
  constructor(at, elsewhere = at) {
    this.at = at;
    this.elsewhere = elsewhere;
  }

  /** @param {string} method @param {string} path @param {object} [body] @param {string} [at] @returns {Promise<{status: number, body: any}>} */
  async call(method, path, body, at = this.at) {
    const response = await fetch(`${at}/s3${path}`, {
      method, body: body && JSON.stringify(body), headers: body ? { 'content-type': 'application/json' } : {}, signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  }

  /** @param {object} [fields] */
  open(fields) { return this.call('POST', '/multipart', { filename: 'holiday.webm', type: 'video/webm', metadata: { name: 'holiday.webm' }, ...fields }); }

  /** @param {{uploadId: string, key: string}} upload @param {string} [call] @param {string} [query] */
  path({ uploadId, key }, call = '', query = '') { return `/multipart/${encodeURIComponent(uploadId)}${call}?key=${encodeURIComponent(key)}${query}`; }

  /** @param {{uploadId: string, key: string}} upload @param {number} number @param {number} size */
  async put(upload, number, size) {
    const { body: { url } } = await this.call('GET', this.path(upload, `/${number}`));
    const response = await fetch(url, { method: 'PUT', body: Buffer.alloc(size, number), signal: AbortSignal.timeout(30_000) });
    return { PartNumber: number, ETag: response.headers.get('etag')?.replaceAll('"', '') };
  }

  /** @param {{uploadId: string, key: string}} upload @param {object[]} parts */
  complete(upload, parts) { return this.call('POST', this.path(upload, '/complete'), { parts }); }

  /** An upload with two parts. */
  async uploaded() {
    const { body: upload } = await this.open();
    return { upload, parts: [await this.put(upload, 1, 5 * MIB), await this.put(upload, 2, 9)] };
  }
}

/** The names of what is answered. @param {{status: number, body: any}} answer */
const shape = ({ status, body }) => `${status} \`${Array.isArray(body) ? `[{${Object.keys(body[0] ?? {})}}]` : typeof body === 'object' ? `{${Object.keys(body)}}` : body.slice(0, 40)}\``;
/** Why it is refused, in the first words. @param {{status: number, body: any}} answer */
const why = ({ status, body }) => (status < 400 ? `**${status}**` : `${status} ${typeof body.error === 'string' ? body.error.split(':')[0] : ''}`.trim());

/** @type {[string, (side: Side) => Promise<string>][]} */
const ROWS = [
  ['open', async (side) => shape(await side.open())],
  ['list the parts', async (side) => { const { upload } = await side.uploaded(); return shape(await side.call('GET', side.path(upload))); }],
  ['sign a part', async (side) => shape(await side.call('GET', side.path((await side.open()).body, '/1')))],
  ['sign many', async (side) => shape(await side.call('GET', side.path((await side.open()).body, '/batch', '&partNumbers=1,2')))],
  ['what a URL binds', async (side) => {
    const { body: { url } } = await side.call('GET', side.path((await side.open()).body, '/1'));
    return `\`${new URL(url).searchParams.get('X-Amz-SignedHeaders')}\`, ${new URL(url).searchParams.get('X-Amz-Expires')} s`;
  }],
  ['complete', async (side) => { const { upload, parts } = await side.uploaded(); return shape(await side.complete(upload, parts)); }],
  ['complete once more, as after a lost answer', async (side) => { const { upload, parts } = await side.uploaded(); await side.complete(upload, parts); return why(await side.complete(upload, parts)); }],
  ['complete without a part that S3 has', async (side) => { const { upload, parts } = await side.uploaded(); return why(await side.complete(upload, parts.slice(0, 1))); }],
  ['complete with the ETag of other bytes', async (side) => { const { upload, parts } = await side.uploaded(); return why(await side.complete(upload, [parts[0], { ...parts[1], ETag: parts[0].ETag }])); }],
  ['abort', async (side) => shape(await side.call('DELETE', side.path((await side.open()).body)))],
  ['abort once more', async (side) => { const { body } = await side.open(); await side.call('DELETE', side.path(body)); return shape(await side.call('DELETE', side.path(body))); }],
  ['sign part 0', async (side) => why(await side.call('GET', side.path((await side.open()).body, '/0')))],
  ['sign part 10,001', async (side) => why(await side.call('GET', side.path((await side.open()).body, '/10001')))],
  ['sign part `1e3`', async (side) => why(await side.call('GET', side.path((await side.open()).body, '/1e3')))],
  ['sign with another upload\'s key', async (side) => { const [one, other] = [(await side.open()).body, (await side.open()).body]; return why(await side.call('GET', side.path({ ...one, key: other.key }, '/1'))); }],
  ['sign for a key and an uploadId made up', async (side) => why(await side.call('GET', side.path({ uploadId: 'x', key: 'somebody/elses.mp4' }, '/1')))],
  ['another person lists the parts', async (side) => { const { upload } = await side.uploaded(); return why(await side.call('GET', side.path(upload), undefined, side.elsewhere)); }],
  ['another person aborts', async (side) => { const { upload } = await side.uploaded(); return why(await side.call('DELETE', side.path(upload), undefined, side.elsewhere)); }],
  ['nobody in particular opens', async (side) => why(await side.call('POST', '/multipart', { filename: 'x', type: 'video/webm', metadata: {} }, side.anybody ?? side.at))],
  ['open with `text/html`', async (side) => why(await side.open({ type: 'text/html' }))],
  ['open for 60 GB that the page announces', async (side) => why(await side.open({ metadata: { size: 60e9 } }))],
  ['upload in one piece (`/s3/params`)', async (side) => why(await side.call('GET', '/params?filename=x&type=video%2Fwebm'))],
  ['credentials of the bucket (`/s3/sts`)', async (side) => why(await side.call('GET', '/sts'))],
];

const broker = await BrokerDev.start({ name: 'uppy-beside', env: { BROKER_UPPY: 'true' } });
const companion = await Companion.start({ peers: PEERS, host: '127.0.0.1', s3: broker.ready });
try {
  const other = await broker.call('POST', '/v1/grants', { body: { owner: 'somebody else' } });
  const ours = new Side(`${broker.url}/c/${await mintGrant(broker)}`, `${broker.url}/c/${other.grant}`);
  ours.anybody = `${broker.url}/c`;
  const theirs = new Side(companion.url);
  console.log('| | Companion 6.2.2 | the broker |\n|---|---|---|');
  for (const [what, ask] of ROWS) {
    const [a, b] = [await ask(theirs).catch(String), await ask(ours).catch(String)];
    console.log(`| ${what} | ${a} | ${b} |`);
  }
} finally {
  companion.close();
  await broker.stop();
}
