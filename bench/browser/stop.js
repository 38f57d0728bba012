/**
 * How long it takes from stop to complete, over the line: ours, which has uploaded meanwhile, and those that begin then.
 */

import assert from 'node:assert/strict';
import path from 'node:path';
import { askRecording, downloadTo } from '../../e2e/lib/download.js';
import { temporaryFolder } from '../../e2e/lib/folders.js';
import { durationOf } from '../../e2e/lib/media.js';
import { pause, within } from '../../e2e/lib/until.js';
import { VIDEO_BITS_PER_SECOND } from './grounds.js';
import { sample } from './lines.js';
import { timeUpload } from './pages.js';

const OURS = 'Slipway';
const STOP_WITHIN_MS = 120_000;
/** By row, the module and what it is told. */
const PEERS = {
  'Uppy 6': { module: 'uppy6', how: (ground) => ground.uppy },
  'Uppy 5': { module: 'uppy5', how: (ground) => ground.uppy },
  'PUTs one by one': { module: 'serial', how: (ground) => ground.slipway() },
};
export const STOP = { name: 'stop', rows: [OURS, ...Object.keys(PEERS)] };

/**
 * @param {import('./grounds.js').Ground} ground
 * @param {import('./pages.js').Pages} pages
 * @param {import('./main.js').Plan['stops']} stops
 */
export async function measureStop(ground, pages, stops) {
  const most = Math.max(...stops.map(({ rounds }) => rounds));
  for (let round = 0; round < most; round++) {
    for (const { seconds } of stops.filter(({ rounds }) => round < rounds)) await playRound(ground, pages, seconds, round);
  }
}

/**
 * The peers have to have what they upload: the bytes that ours has just recorded.
 *
 * @param {import('./grounds.js').Ground} ground
 * @param {import('./pages.js').Pages} pages
 * @param {number} seconds
 * @param {number} round rotates the peers
 */
async function playRound(ground, pages, seconds, round) {
  const metric = `after ${seconds} s`;
  const recorded = await sample({ table: STOP, row: OURS, metric }, () => record(ground, seconds));
  if (!recorded) return;
  await sample({ table: STOP, row: OURS, metric: 'recorded' }, async () => ({ value: recorded.bitsPerSecond / 1e6 }));
  const rows = Object.keys(PEERS);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[(i + round) % rows.length];
    await sample({ table: STOP, row, metric }, () => uploadAgain(ground, pages, PEERS[row], recorded));
  }
  await ground.bucket.remove(recorded.key);
}

/** @param {import('./grounds.js').Ground} ground @param {number} seconds */
async function record({ behind, bucket }, seconds) {
  const page = await behind.openPage();
  try {
    await page.begin({ videoBitsPerSecond: VIDEO_BITS_PER_SECOND });
    await pause(seconds * 1000);
    const stopped = page.page.evaluate(async () => {
      const began = performance.now();
      const completed = await globalThis.recorder.stop();
      return { ...completed, value: (performance.now() - began) / 1000 };
    });
    const { value, key, size, watchUrl: link } = await within(STOP_WITHIN_MS, 'the recording is completed', stopped);
    const object = await bucket.digest(key);
    assert.equal(object.size, size);
    const file = path.join(temporaryFolder(), 'recorded.webm');
    await downloadTo(link, file);
    const inS3 = await durationOf(file);
    assert.ok(inS3 > seconds - 1, `${inS3} s are in S3`);
    return { value, key, object, link, bitsPerSecond: size * 8 / inS3 };
  } finally {
    await page.page.close();
  }
}

/**
 * @param {import('./grounds.js').Ground} ground
 * @param {import('./pages.js').Pages} pages
 * @param {{module: string, how: (ground: import('./grounds.js').Ground) => any}} peer
 * @param {{link: string, object: {size: number, sha256: string}}} recorded
 */
async function uploadAgain(ground, pages, { module, how }, { link, object }) {
  const told = await how(ground);
  const before = await ground.bucket.keys();
  const { url } = await askRecording(link);
  const value = await ground.inPage(async (page) => {
    const size = await page.evaluate(async (from) => {
      globalThis.data = await (await fetch(from)).blob();
      return globalThis.data.size;
    }, url);
    assert.equal(size, object.size);
    return timeUpload(page, pages, module, told);
  });
  const { key, ...inS3 } = await ground.newObject(before);
  assert.deepEqual(inS3, object);
  await ground.bucket.remove(key);
  return { value };
}
