/**
 * Recordings that something befalls in the middle, and what is saved of them.
 */

import assert from 'node:assert/strict';
import { download } from './download.js';
import { FRAMES_PER_SECOND, frameNumbers } from './numbered.js';
import { openRecorderPage } from './numbered-recorder.js';
import { plays } from './play.js';
import { pause, until } from './until.js';

const PART = 5 * 1024 * 1024;

/** What may be missing of a recording whose tab or browser was killed. */
const MISSING_FRAMES = 2 * FRAMES_PER_SECOND;

/**
 * Records until a part is in S3 and another has begun.
 *
 * @param {{newPage: () => Promise<any>}} context of either browser
 * @param {import('./broker-dev.js').BrokerDev} broker
 * @param {import('./bucket.js').Bucket} bucket
 * @param {Parameters<import('./numbered-recorder.js').RecorderPage['begin']>[0] & Parameters<typeof openRecorderPage>[2]} [how]
 */
export async function recordSome(context, broker, bucket, { prepare, ...how } = {}) {
  const page = await openRecorderPage(context, broker, { prepare });
  await page.begin(how);
  await until('a part is in S3', async () => (await page.told()).parts >= 1, { withinMs: 90_000 });
  await pause(500);
  return { page, id: await page.id(), upload: await bucket.uploadOf(await page.id()) };
}

/**
 * Finishes what was left behind, in a fresh page, and reads its frames.
 *
 * @param {{newPage: () => Promise<any>}} context
 * @param {import('./broker-dev.js').BrokerDev} broker
 */
export async function recoverOnly(context, broker) {
  const page = await openRecorderPage(context, broker);
  const [left, ...others] = await until('the recording is found', async () => {
    const list = await page.unfinished();
    return list.length > 0 && list;
  });
  assert.deepEqual(others, []);
  const result = await page.recover(left.id);
  assert.deepEqual(await page.unfinished(), [], 'nothing is left behind');
  const bytes = await download(result.watchUrl);
  return { page, left, result, bytes, numbers: await frameNumbers(bytes) };
}

/**
 * Has something befall a browser that records: what was recorded is finished in the same upload, with at most 2 s missing, and plays.
 *
 * @param {() => {newPage: () => Promise<any>}} browser the one there is then, or a context of it
 * @param {import('./broker-dev.js').BrokerDev} broker
 * @param {import('./bucket.js').Bucket} bucket
 * @param {{befalls: (recording: Awaited<ReturnType<typeof recordSome>>) => Promise<unknown>, note: (words: string) => void} & Parameters<typeof recordSome>[3]} how
 *   note: of how much is missing
 */
export async function outlives(browser, broker, bucket, { befalls, note, ...how }) {
  const recording = await recordSome(browser(), broker, bucket, { name: 'Left behind', ...how });
  const painted = await recording.page.painted();
  await befalls(recording);
  assert.equal((await bucket.uploadOf(recording.id)).uploadId, recording.upload.uploadId, 'S3 still has the upload');

  const { page, left, result, bytes, numbers } = await recoverOnly(browser(), broker);
  assert.deepEqual([left.name, left.watchUrl], ['Left behind', result.watchUrl]);
  assert.ok(left.durationMs > 1000 && left.bytes > PART && left.uploadedBytes >= PART, JSON.stringify(left));
  assert.equal(result.id, recording.id, 'the same session, and so the same link');
  assert.equal(await bucket.uploadOf(recording.id), undefined, 'the upload was completed');
  assertWhole(numbers, painted);
  note(`${painted} frames were painted, ${painted - numbers.at(-1)} of them are missing`);
  await plays(page.page, result.watchUrl);
  assert.ok(await page.page.$eval('#player', (video) => Number.isFinite(video.duration)), 'it knows how long it is');
  await page.page.close();
  return { ...recording, bytes };
}

/** @param {number[]} numbers @param {number} painted when it ended */
export function assertWhole(numbers, painted) {
  assertLittleMissing(numbers, painted);
  numbers.reduce((before, number) => { assert.ok(number >= before && number - before < FRAMES_PER_SECOND, `${before} then ${number}`); return number; });
}

/** @param {number[]} numbers @param {number} painted when it ended */
export function assertLittleMissing(numbers, painted) {
  assert.ok(numbers.length > FRAMES_PER_SECOND, `${numbers.length} frames`);
  const last = numbers.at(-1);
  assert.ok(painted - last <= MISSING_FRAMES, `${painted} were painted, the last in S3 is ${last}`);
}
