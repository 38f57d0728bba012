/**
 * From a watch link to bytes, as any program gets them.
 */

import { idOf } from './record-page.js';

/**
 * @param {string} link the share token is in its fragment
 * @returns {Promise<any>} the broker's answer
 */
export async function askRecording(link) {
  const { origin, hash } = new URL(link);
  const response = await fetch(`${origin}/v1/recordings/${idOf(link)}`, {
    headers: { Authorization: `Bearer ${hash.slice(1)}` }, signal: AbortSignal.timeout(20_000),
  });
  if (!response.ok) throw new Error(`GET /v1/recordings: ${response.status} ${await response.text()}`);
  return response.json();
}

/** @param {string} link @returns {Promise<Buffer>} */
export async function download(link) {
  const { url } = await askRecording(link);
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`GET from S3: ${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}
