/**
 * What checkpoints cost: voice memos, whose part takes most of an hour to fill.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { Connection } from '../../base/connection.js';
import { Checkpoints } from '../../job/checkpoints.js';
import { MemoryFolder } from '../../disk/memory-folder.js';
import { TIMING } from '../../base/timing.js';
import { Cloud } from '../lib/cloud.js';
import { JobRun, until } from '../lib/job-run.js';

/** @type {Cloud} */
let cloud;
beforeEach(async () => { cloud = await new Cloud().start(); });
afterEach(() => cloud.stop());

/** A memo of 300 slices, a second and 2 kB each, a thousand times as fast. */
const SLICES = 300;
const FAST = { lookMs: 1, tailFirstMs: 10, tailMostMs: 1000 }; // a machine that is busy for 25 ms makes no pause

async function memo(how) {
  cloud.partSize = 5 * 1024 * 1024;
  const run = new JobRun(cloud, { timing: FAST, fileBytes: cloud.partSize, ...how });
  await run.said('opened');
  for (let i = 0; i < SLICES; i++) {
    run.add(new Blob([randomBytes(2000)]));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await until(async () => (await run.started).recorded.pendingBytes === 0, 'all is taken in');
  const tails = cloud.count('put');
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  const sentBytes = cloud.requests.filter(({ op }) => op === 'put').reduce((sum, { headers }) => sum + Number(headers['content-length']), 0);
  return { tails, times: sentBytes / (SLICES * 2000) };
}

test('a voice memo is in S3 while it is spoken, and is sent at most one and a half times more', async (t) => {
  const { tails, times } = await memo();
  t.diagnostic(`${tails} checkpoints, ${times.toFixed(2)} times its size`);
  assert.ok(tails >= 3, `${tails} checkpoints`);
  assert.ok(times <= 2.5, `${times} times its size`);
});

const saving = () => new Connection(Object.assign(new EventTarget(), { navigator: { onLine: true, connection: { saveData: true } } }));

test('who saves data sends nothing twice, where the device keeps it', async () => {
  assert.deepEqual(await memo({ connection: saving() }), { tails: 0, times: 1 });
});

test('who saves data, on a device that keeps nothing, has S3 keep it', async () => {
  assert.ok((await memo({ connection: saving(), folder: new MemoryFolder() })).tails > 0);
});

const MIB = 1024 * 1024;
const PART = 5 * MIB;

/**
 * An hour of recording, or less, by arithmetic: the schedule as it is, with the waits as they are, over S3 that is quick.
 *
 * @param {number} kbits per second
 * @param {(second: number) => boolean} [records] whether something is recorded in a second
 * @param {number} [seconds]
 */
async function hour(kbits, records = () => true, seconds = 3600) {
  const clock = { ms: 0 };
  const bytes = { size: 0, pendingBytes: 0, ended: false, durable: true, preview: async () => ({ size: bytes.size, tail: [], patches: () => [] }), slice: async () => new Blob([]), patches: () => [1] };
  const seen = { sentBytes: 0, inS3Bytes: 0, most: -Infinity, ofRecorded: 0, least: 1, oldestMs: 0, tails: 0 };
  const recordedBy = [[0, 0]]; // when so many bytes were there
  const uploader = { idle: true, add(number, size) {
    seen.sentBytes += size;
    seen.tails += number > 1 || size < PART ? 1 : 0;
    seen.inS3Bytes = Math.max(seen.inS3Bytes, (number - 1) * PART + size);
  } };
  const inS3 = { has: (number) => number * PART <= bytes.size };
  const checkpoints = new Checkpoints({ bytes, inS3, uploader, partSize: PART, limitBytes: Infinity }, { now: () => clock.ms, timing: TIMING, connection: {} });
  let parts = 0;
  for (let second = 1; second <= seconds; second++) {
    clock.ms = second * 1000;
    if (records(second)) bytes.size += Math.round(kbits * 1000 / 8);
    recordedBy.push([bytes.size, clock.ms]);
    while ((parts + 1) * PART <= bytes.size) {
      checkpoints.covered(++parts * PART);
      seen.inS3Bytes = Math.max(seen.inS3Bytes, parts * PART);
    }
    await checkpoints.look();
    seen.most = Math.max(seen.most, seen.sentBytes - bytes.size);
    seen.ofRecorded = Math.max(seen.ofRecorded, seen.sentBytes / bytes.size);
    if (second > 60) seen.least = Math.min(seen.least, seen.inS3Bytes / bytes.size);
    seen.oldestMs = Math.max(seen.oldestMs, clock.ms - recordedBy.findLast(([size]) => size <= seen.inS3Bytes)[1]);
  }
  return { ...seen, times: seen.sentBytes / bytes.size };
}

for (const { kbits, oldestMs = Infinity, least = 0.33 } of [
  { kbits: 16 },
  { kbits: 32 },
  { kbits: 64 },
  { kbits: 128 },
  { kbits: 256 },
  { kbits: 1000, oldestMs: 30_000, least: 0.5 },
  { kbits: 2500, oldestMs: 30_000, least: 0.7 },
  { kbits: 6000, oldestMs: 30_000, least: 0.85 },
]) {
  test(`an hour at ${kbits} kbit/s sends at most as much again as was recorded, and at no time a MiB more, and leaves little out`, async (t) => {
    const seen = await hour(kbits);
    t.diagnostic(`${seen.tails} tails, in all ${seen.times.toFixed(2)} times what was recorded, at most ${(seen.most / MIB).toFixed(2)} MiB more; S3 lacks ${Math.round(seen.oldestMs / 1000)} s at most and has ${(100 * seen.least).toFixed(0)} % at least`);
    bounded(seen);
    assert.ok(seen.oldestMs <= oldestMs, `${seen.oldestMs} ms are in S3 nowhere`);
    assert.ok(seen.least >= least, `S3 has ${seen.least} of what was recorded`);
  });
}

/** @param {Awaited<ReturnType<typeof hour>>} seen */
function bounded({ most, ofRecorded, times }) {
  assert.ok(most <= MIB, `${most} bytes more than was recorded`);
  assert.ok(ofRecorded <= 1.5, `${ofRecorded} times what was recorded by then`);
  assert.ok(times <= 1, `${times} times what was recorded`);
}

test('so it is at any rate, and where the person makes pauses', async () => {
  for (let kbits = 8; kbits < 20_000; kbits *= 1.25) {
    bounded(await hour(kbits));
    const pausing = await hour(kbits, (second) => second % 90 < 60);
    assert.ok(pausing.most <= MIB, `${kbits} kbit/s with pauses: ${pausing.most} bytes more than was recorded`);
  }
});

test('the first tail comes within 20 s, and where parts fill as quickly none comes behind it', async () => {
  for (const kbits of [16, 64, 256, 1000, 2500]) assert.ok((await hour(kbits, undefined, 20)).tails > 0, `at ${kbits} kbit/s`);
  for (const kbits of [2500, 6000]) assert.ok((await hour(kbits)).tails <= 1, `at ${kbits} kbit/s`);
});

test('what is there at a pause is in S3 soon, as far as that can be afforded', async () => {
  const seen = await hour(16, (second) => second <= 100);
  assert.equal(seen.inS3Bytes, 200_000);
});
