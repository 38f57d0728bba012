/**
 * How quickly a file on disk gets into S3, all on one machine.
 */

import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../../e2e/lib/folders.js';
import { sample } from './lines.js';
import { timeUpload } from './pages.js';

const MIB = 1024 * 1024;
const METRIC = 'throughput';
const PART = 5 * MIB; // the broker's default
/** By row, the module and what it is told. */
const WAYS = {
  'Slipway': { module: 'slipway', how: (ground) => ground.slipway() },
  'Raw PUTs': { module: 'raw', how: signedAhead },
  'Uppy 6, parts of 16 MiB': { module: 'uppy6', how: (ground) => ({ ...ground.uppy, partSize: 16 * MIB }) },
};
export const FILE = { name: 'file', rows: Object.keys(WAYS) };

/** @typedef {{path: string, size: number, sha256: string, parts: {number: number, size: number, checksum: string}[]}} TheFile */

/**
 * @param {import('./grounds.js').Ground} ground
 * @param {import('./pages.js').Pages} pages
 * @param {import('./main.js').Plan} plan
 */
export async function measureFile(ground, pages, { fileBytes, fileRounds }) {
  const file = writeFile(fileBytes);
  for (let round = 0; round < fileRounds; round++) {
    for (let i = 0; i < FILE.rows.length; i++) {
      const row = FILE.rows[(i + round) % FILE.rows.length];
      await sample({ table: FILE, row, metric: METRIC }, () => upload(ground, pages, WAYS[row], file));
    }
  }
}

/**
 * @param {import('./grounds.js').Ground} ground
 * @param {import('./pages.js').Pages} pages
 * @param {{module: string, how: (ground: import('./grounds.js').Ground, file: TheFile) => any}} way
 * @param {TheFile} file
 */
async function upload(ground, pages, { module, how }, file) {
  const told = await how(ground, file);
  const before = await ground.bucket.keys();
  const seconds = await ground.inPage(async (page) => {
    await page.evaluate(() => document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'file' })));
    await page.setInputFiles('#file', file.path);
    await page.evaluate(() => { [globalThis.data] = document.querySelector('#file').files; });
    return timeUpload(page, pages, module, told);
  });
  const { key, ...inS3 } = await ground.newObject(before);
  assert.deepEqual(inS3, { size: file.size, sha256: file.sha256 });
  await ground.bucket.remove(key);
  return { value: file.size / MIB / seconds };
}

/** A session and the URLs of all its parts, which bear the checksums that the page will find. @param {import('./grounds.js').Ground} ground @param {TheFile} file */
async function signedAhead({ broker }, { size, parts }) {
  const body = { content_type: 'video/webm', owner: 'bench', size, checksum: 'sha256' };
  const { id, token, part_size: partSize } = await broker.call('POST', '/v1/sessions', { body });
  assert.equal(partSize, PART);
  const { urls } = await broker.call('POST', `/v1/sessions/${id}/parts`, { token, body: { sign: parts } });
  return { urls, partSize, token, complete: `${broker.url}/v1/sessions/${id}/complete` };
}

/** @param {number} size @returns {TheFile} of bytes that nothing compresses */
function writeFile(size) {
  const file = { path: path.join(temporaryFolder(), 'video.webm'), size, parts: [] };
  const whole = createHash('sha256');
  const to = openSync(file.path, 'w');
  for (let at = 0; at < size; at += PART) {
    const bytes = randomFillSync(Buffer.allocUnsafe(Math.min(PART, size - at)));
    writeSync(to, bytes);
    whole.update(bytes);
    file.parts.push({ number: file.parts.length + 1, size: bytes.length, checksum: createHash('sha256').update(bytes).digest('base64') });
  }
  closeSync(to);
  return { ...file, sha256: whole.digest('hex') };
}
