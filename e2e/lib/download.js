/**
 * From a watch link to bytes, as any program gets them.
 */

import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
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
  const response = await get(link, 60_000);
  return Buffer.from(await response.arrayBuffer());
}

/** As download, for what is too much to be held in memory. @param {string} link @param {string} file */
export async function downloadTo(link, file) {
  const response = await get(link, 300_000);
  await pipeline(response.body, createWriteStream(file));
}

/** @param {string} link @param {number} withinMs */
async function get(link, withinMs) {
  const { url } = await askRecording(link);
  const response = await fetch(url, { signal: AbortSignal.timeout(withinMs) });
  if (!response.ok) throw new Error(`GET from S3: ${response.status} ${await response.text()}`);
  return response;
}
