/**
 * The HTTP API, as a program without a browser uses it.
 */

/**
 * Uploads bytes and returns the link under which they play.
 *
 * @param {import('./broker-dev.js').BrokerDev} broker
 * @param {Buffer} bytes
 * @returns {Promise<string>}
 */
export async function uploadByApi(broker, bytes) {
  const session = await broker.call('POST', '/v1/sessions', { body: { content_type: 'video/webm', owner: 'e2e', name: 'A long one', size: bytes.length } });
  const { id, token, part_size: partSize } = session;
  const parts = [];
  for (let from = 0; from < bytes.length; from += partSize) parts.push(bytes.subarray(from, from + partSize));
  const sign = parts.map(({ length }, i) => ({ number: i + 1, size: length }));
  const { urls } = await broker.call('POST', `/v1/sessions/${id}/parts`, { token, body: { sign } });
  const uploaded = await Promise.all(urls.map(async ({ number, url }) => {
    const body = parts[number - 1];
    const response = await fetch(url, { method: 'PUT', body, signal: AbortSignal.timeout(60_000) });
    if (!response.ok) throw new Error(`PUT of part ${number}: ${response.status} ${await response.text()}`);
    return { number, size: body.length, etag: response.headers.get('ETag') };
  }));
  const { watch_url: link } = await broker.call('POST', `/v1/sessions/${id}/complete`, { token, body: { parts: uploaded, size: bytes.length } });
  return link;
}

/** @param {import('./broker-dev.js').BrokerDev} broker @returns {Promise<string>} a grant for one person's browser */
export async function mintGrant(broker) {
  const { grant } = await broker.call('POST', '/v1/grants', { body: { owner: 'user-17' } });
  return grant;
}
