/** MP4 on its way to S3: it becomes an ordinary one, and what is there of it plays at any moment. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeekableMp4 } from '../../mp4/seekable.js';
import { objectOf } from '../lib/cloud.js';
import { until } from '../lib/job-run.js';
import { completed, FORMS, inSlices, LONG, MP4, Mp4Jobs, PART_BYTES, SHORT, takeIn } from '../lib/mp4-jobs.js';
import { patch } from '../lib/rewriting.js';
import { head, recordingOf } from '../mp4/live.js';
import { ordinary, recording } from '../mp4/recordings.js';
import { walk } from '../mp4/walk.js';
import { readFixture } from '../webm/recordings.js';

const jobs = new Mp4Jobs();
const [FRONT, END] = FORMS;

for (const { place, pieces, whole } of FORMS) {
  test(`${place}: becomes an ordinary file on its way, and says what it is`, async () => {
    assert.equal(whole.mp4.ending, place);
    const run = jobs.run();
    await run.said('progress');
    await takeIn(run, pieces);
    await run.said('part');
    run.end();
    assert.equal((await completed(run)).contentType, MP4.contentType);
    assert.ok(jobs.cloud.object.equals(whole.file));
    assert.equal(walk(jobs.cloud.object).fragmented, false);
    assert.ok(jobs.cloud.session.parts.size > 2);
  });
}

test('end: part 1 goes when all the others are there, however long they take', async () => {
  let refused = 0;
  const last = Math.ceil(END.whole.file.length / PART_BYTES);
  const run = jobs.run();
  await takeIn(run, LONG);
  await until(() => jobs.cloud.count('put', 1) === 1, 'part 1 as it was');
  const first = jobs.cloud.session.parts.get(1).etag;
  let thereAtFirst = 0;
  jobs.cloud.fault = ({ op, number }) => {
    if (op !== 'put') return undefined;
    if (number === 1) thereAtFirst = jobs.cloud.session.parts.size;
    return number === last && refused++ < 8 ? { status: 503 } : undefined;
  };
  run.end();
  await completed(run);
  assert.equal(refused, 9);
  assert.equal(thereAtFirst, last, 'all were there when part 1 came');
  assert.notEqual(jobs.cloud.session.parts.get(1).etag, first);
  assert.equal(jobs.cloud.count('put', 1), 2);
});

test('front: part 1 waits for nothing', async () => {
  const last = Math.ceil(FRONT.whole.file.length / PART_BYTES);
  const run = jobs.run();
  await takeIn(run, SHORT);
  await until(() => jobs.cloud.count('put', 1) === 1, 'part 1 as it was');
  let firstWasThere = false;
  jobs.cloud.fault = ({ op, number }) => {
    if (op !== 'put') return undefined;
    if (number === 1) firstWasThere = true;
    return number === last && !firstWasThere ? { status: 503 } : undefined;
  };
  run.end();
  await completed(run);
});

test('end: where another part is lost, part 1 stays as it was, and what is salvaged plays', async () => {
  const run = jobs.run();
  jobs.cloud.fault = ({ op, number }) => (op === 'put' && number > 1 ? { status: 503 } : undefined);
  await takeIn(run, LONG);
  await until(() => jobs.cloud.count('put', 1) === 1, 'part 1 as it was');
  const { recorded } = await run.started;
  const { slice } = recorded;
  recorded.slice = (from, to) => (from >= PART_BYTES ? slice.call(recorded, 1e12, 1e12 + 1) : slice.call(recorded, from, to));
  jobs.cloud.fault = () => undefined;
  run.end();
  assert.equal((await run.said('completed', 'failed')).error.code, 'bytes-lost');
  assert.equal(jobs.cloud.count('put', 1), 1);
  assert.equal(walk(objectOf(jobs.cloud.session), { cut: true }).fragmented, true);
});

test('a tail is a file of fragments that knows how long it is, and nothing that only the end may have', async () => {
  const { raw } = recording('chromium-avc-opus');
  jobs.cloud.partSize = 1_000_000;
  const run = jobs.run({ timing: { tailFirstMs: 10, tailMostMs: 10, lookMs: 5 } });
  await run.said('opened');
  run.record(raw.subarray(0, raw.length - 1000), 1000);
  const mp4 = new SeekableMp4();
  const output = Buffer.concat(mp4.push(raw.subarray(0, raw.length - 1000)));
  const wanted = patch(output, mp4.patches());
  await until(() => jobs.cloud.session.parts.get(1)?.bytes.equals(wanted), 'a tail that is the recording so far');
  const { fragmented, durationMs } = walk(wanted);
  assert.equal(fragmented, true);
  assert.ok(durationMs > 2000);
  run.add(new Blob([raw.subarray(raw.length - 1000)]));
  run.end();
  await completed(run);
  assert.ok(jobs.cloud.object.equals(ordinary(raw).file));
});

test('of many parts part 1 gets the length of what is there, and what follows is not hidden', async () => {
  const pieces = [...recordingOf(60, { frameBytes: 1500 })];
  const run = jobs.run({ timing: { lookMs: 5, tailFirstMs: 1e9 } });
  await run.said('opened');
  for (const piece of pieces) run.add(new Blob([piece]));
  await until(() => jobs.cloud.count('put', 1) > 1, 'a better part 1');
  const { fragmented, durationMs } = walk(objectOf(jobs.cloud.session), { cut: true });
  assert.equal(fragmented, true);
  assert.ok(durationMs > 20_000, `${durationMs}`);
});

for (const { what, limit, place } of [
  { what: 'the moov at the end counts where the size is limited', limit: 3_000_000, place: 'moov' },
  { what: 'a moov that would go to the end, and make it too large, is kept in front', limit: 2_350_000, place: 'mdat' },
]) {
  test(`${what}: the recording ends in time`, async () => {
    jobs.cloud.maxBytes = limit;
    const run = jobs.run();
    await run.said('opened');
    const { recorded } = await run.started;
    // The head is the first piece, so the first slice has a second less.
    for (const [i, slice] of inSlices([...recordingOf(1500)], 10).entries()) {
      run.add(new Blob([slice]));
      await until(() => recorded.durationMs > 10_000 * (i + 1) - 1100, 'it is taken in');
      if (run.of('full').length > 0) break;
    }
    assert.equal(recorded.pendingBytes, 0, 'what the end will add was not recorded');
    run.end();
    const { size } = await completed(run);
    assert.equal(run.of('full')[0]?.error.code, 'max-bytes');
    assert.ok(size <= limit && size > limit - PART_BYTES, `${size} of ${limit}`);
    assert.equal(walk(jobs.cloud.object).types.at(-1), place);
  });
}

test('an MP4 of which nothing but the head was recorded is empty', async () => {
  const run = jobs.run();
  run.add(new Blob([head]));
  run.end();
  assert.equal((await run.said('completed', 'failed')).error?.code, 'empty');
});

for (const { what, raw, contentType } of [
  { what: 'a WebM that is called an MP4', raw: readFixture('chromium-vp9-opus.webm'), contentType: 'video/mp4' },
  { what: 'an MP4 that is called a WebM', raw: recording('chromium-avc-opus').raw, contentType: 'video/webm' },
]) {
  test(`${what} passes untouched`, async () => {
    jobs.cloud.partSize = 1_000_000;
    const run = jobs.run({ job: { contentType } });
    await run.all(raw);
    await completed(run);
    assert.ok(jobs.cloud.object.equals(raw));
  });
}
