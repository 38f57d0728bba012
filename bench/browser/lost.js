/**
 * What is lost when the browser is killed in mid-recording, over the line.
 */

import assert from 'node:assert/strict';
import { download } from '../../e2e/lib/download.js';
import { recoverOnly } from '../../e2e/lib/left-behind.js';
import { frameNumbers, paintNumbers } from '../../e2e/lib/numbered.js';
import { openRecorderPage } from '../../e2e/lib/numbered-recorder.js';
import { pause } from '../../e2e/lib/until.js';
import { VIDEO_BITS_PER_SECOND } from './grounds.js';
import { sample } from './lines.js';

const OURS = 'Slipway';
const PEERS = 'Record, then upload';
const BACK = 'the tab comes back';
const NEVER = 'it never does';
export const LOST = { name: 'lost', rows: [OURS, PEERS] };

/** @param {import('./grounds.js').Ground} ground @param {import('./main.js').Plan} plan */
export async function measureLost(ground, { killSeconds, killRounds }) {
  for (let round = 0; round < killRounds; round++) {
    await sample({ table: LOST, row: OURS, metric: BACK }, () => comesBack(ground, killSeconds));
    await sample({ table: LOST, row: OURS, metric: NEVER }, () => neverComesBack(ground, killSeconds));
    const kept = await sample({ table: LOST, row: PEERS, metric: NEVER }, () => nothingUploaded(ground, killSeconds));
    await sample({ table: LOST, row: PEERS, metric: BACK }, () => nothingFound(ground, kept));
  }
}

/**
 * Records so long.
 *
 * @param {import('../../e2e/lib/numbered-recorder.js').RecorderPage} page
 * @param {number} seconds
 * @returns {Promise<(numbers: number[]) => {value: number}>} the seconds that are missing from a recording with these frames
 */
async function recordFor(page, seconds) {
  await page.begin({ videoBitsPerSecond: VIDEO_BITS_PER_SECOND });
  const began = performance.now();
  await pause(seconds * 1000);
  const [first, painted] = await page.page.evaluate(() => [globalThis.framesAtStart, globalThis.framesPainted]);
  const perFrame = (performance.now() - began) / 1000 / (painted - first); // a busy machine paints fewer than it should
  return (numbers) => ({ value: Math.max(0, painted - numbers.at(-1)) * perFrame });
}

/** @param {import('./grounds.js').Ground} ground @param {number} seconds */
async function comesBack({ behind: { profile, broker }, bucket }, seconds) {
  const page = await openRecorderPage(profile.context, broker);
  try {
    const lost = await recordFor(page, seconds);
    await profile.crash(page.page);
    const { page: fresh, result, numbers } = await recoverOnly(profile.context, broker);
    await fresh.page.close();
    await bucket.remove(result.key);
    return lost(numbers);
  } finally {
    await page.page.close(); // if it still records, nothing else is measured beside it
  }
}

/** The operator ends it from what is in S3. @param {import('./grounds.js').Ground} ground @param {number} seconds */
async function neverComesBack({ behind, bucket }, seconds) {
  const device = await behind.launch();
  let lost, id, link;
  try {
    const page = await openRecorderPage(device.context, behind.broker);
    lost = await recordFor(page, seconds);
    [id, link] = await page.page.evaluate('[recorder.id, recorder.watchUrl]');
  } finally {
    await device.kill(); // its profile is never looked at again
  }
  const { key } = await behind.broker.call('POST', `/v1/sessions/${id}/salvage`);
  const numbers = await frameNumbers(await download(link));
  await bucket.remove(key);
  return lost(numbers);
}

/** A recording in memory, as all of them make before they upload. @param {import('./grounds.js').Ground} ground @param {number} seconds */
async function nothingUploaded(ground, seconds) {
  const before = await inS3(ground);
  const value = await ground.inPage(async (page) => {
    await page.evaluate(recordInMemory, VIDEO_BITS_PER_SECOND);
    const began = performance.now();
    await pause(seconds * 1000);
    const bytes = await page.evaluate(() => new Blob(globalThis.blobs).size);
    assert.ok(bytes > seconds * VIDEO_BITS_PER_SECOND / 80, `${bytes} bytes were recorded`);
    const recorded = (performance.now() - began) / 1000;
    await ground.profile.crash(page);
    return recorded;
  }, (page) => page.addInitScript(paintNumbers));
  assert.deepEqual(await inS3(ground), before, 'S3 has nothing of it');
  return { value, before };
}

/** Runs in the page. @param {number} videoBitsPerSecond */
function recordInMemory(videoBitsPerSecond) {
  globalThis.blobs = [];
  const media = globalThis.media = new MediaRecorder(globalThis.numberedStream({ noise: true }), { mimeType: 'video/webm', videoBitsPerSecond });
  media.ondataavailable = ({ data }) => globalThis.blobs.push(data);
  media.start(1000);
}

/** The same recording, once its page is open again. @param {import('./grounds.js').Ground} ground @param {{value: number, before: object} | null} kept */
async function nothingFound(ground, kept) {
  assert.ok(kept, 'there was such a recording');
  await ground.inPage(() => pause(2000));
  assert.deepEqual(await inS3(ground), kept.before, 'S3 has nothing of it');
  return kept;
}

/** @param {import('./grounds.js').Ground} ground */
async function inS3({ bucket }) {
  return { keys: await bucket.keys(), uploads: await bucket.uploads() };
}
