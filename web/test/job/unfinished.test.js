/** Discarding what was left behind: nothing is called discarded that still plays, or will. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { Journal } from '../../disk/journal.js';
import { ManifestFile } from '../../disk/manifest.js';
import { describe, discardFolder } from '../../job/unfinished.js';
import { Cloud, problem } from '../lib/cloud.js';
import { JobRun, until } from '../lib/job-run.js';
import { SeekableWebm } from '../../webm/seekable.js';
import { recording } from '../mp4/recordings.js';
import { readFixture } from '../webm/recordings.js';

/** @type {Cloud} */
let cloud;
/** @type {import('../lib/durable-folder.js').DurableFolder} */
let folder;
beforeEach(async () => {
  cloud = await new Cloud().start();
  const run = new JobRun(cloud);
  run.record(randomBytes(2500));
  await until(() => cloud.session?.parts.size === 2, 'two parts');
  folder = await run.kill();
});
afterEach(() => cloud.stop());

test('a list lets go of what it looked into, whole or not', async () => {
  let closed = 0;
  folder.close = () => { closed++; };
  assert.deepEqual([(await describe('r1', folder))?.bytes, closed], [2500, 1]);
  for (const name of ['manifest-0', 'manifest-1']) await folder.remove(name);
  assert.deepEqual([await describe('r1', folder), closed], [null, 2]);
});

test('a row has the session’s id beside its own, which is another', async () => {
  const row = await describe('r1', folder);
  assert.deepEqual([row.id, row.sessionId], ['r1', cloud.session.id]);
});

test('a row knows how long a recording is, though that was noted at its first slice only', async () => {
  const webm = readFixture('chromium-vp9-opus.webm');
  const run = new JobRun(cloud, { job: { contentType: 'video/webm' } });
  run.record(webm, 4096);
  await until(async () => (await Journal.open(await run.folder.copy())).end === webm.length, 'all of it is on the disk');
  const { durationMs } = await describe('r2', await run.kill());
  const whole = new SeekableWebm();
  whole.push(webm);
  whole.finish();
  assert.ok(whole.durationMs > 1000, 'it lasts longer than its first slice');
  assert.equal(durationMs, whole.durationMs);
});

test('of an MP4 it knows what the page had said at the last note', async () => {
  const { raw } = recording('chromium-avc-opus');
  const run = new JobRun(cloud, { job: { contentType: 'video/mp4' }, timing: { noteMs: 0 } });
  run.add(new Blob([raw]), 4095);
  await until(async () => (await ManifestFile.read(run.folder))?.manifest.rawOffset > 0, 'a note');
  assert.equal((await describe('r3', await run.kill())).durationMs, 4095);
});

test('a row never has fewer bytes than S3, though the gap in front of an MP4 was not there at its first note', async () => {
  const { raw } = recording('chromium-avc-opus');
  cloud.partSize = 300_000;
  const run = new JobRun(cloud, { job: { contentType: 'video/mp4' } });
  run.record(raw, 1000);
  await until(async () => (await ManifestFile.read(run.folder))?.manifest.parts.length === 1, 'a part is noted');
  const { bytes, uploadedBytes } = await describe('r4', await run.kill());
  assert.deepEqual([uploadedBytes, bytes], [300_000, 300_000]);
});

const isKept = async () => (await folder.list()).length > 0;

test('a discarded one is aborted, and gone here', async () => {
  await discardFolder(folder);
  assert.deepEqual([cloud.session.state, await isKept()], ['aborted', false]);
});

for (const reason of ['completed', 'salvaged']) {
  test(`one that is ${reason} is deleted with a grant, and kept without`, async () => {
    cloud.fault = ({ op }) => (op === 'abort' ? problem(409, 'conflict', reason, { reason }) : undefined);
    await assert.rejects(discardFolder(folder), { code: 'invalid-state', reason: 'completed' });
    assert.ok(await isKept());
    await discardFolder(folder, () => 'gr_1');
    assert.deepEqual([cloud.session.state, await isKept()], ['deleted', false]);
  });
}

test('one whose session the broker no longer knows is gone here too', async () => {
  cloud.sessions.clear();
  await discardFolder(folder);
  assert.equal(await isKept(), false);
});

test('one whose token has expired is aborted with a grant, and kept without', async () => {
  cloud.expireToken(cloud.session);
  await assert.rejects(discardFolder(folder), { code: 'unauthorized', reason: 'token-expired' });
  assert.ok(await isKept());
  await discardFolder(folder, 'gr_1');
  assert.deepEqual([cloud.session.state, await isKept()], ['aborted', false]);
});

test('one of which the broker cannot be told is kept, and that is said', async () => {
  cloud.fault = ({ op }) => (op === 'abort' ? problem(403, 'forbidden', 'no') : undefined);
  await assert.rejects(discardFolder(folder, 'gr_1'), { code: 'forbidden' });
  assert.ok(await isKept());
});

test('one that is deleted by somebody else meanwhile is gone here too', async () => {
  cloud.fault = ({ op }) => {
    if (op === 'abort') return problem(409, 'conflict', 'completed', { reason: 'completed' });
    return op === 'delete' ? problem(404, 'not-found', 'deleted', { reason: 'deleted' }) : undefined;
  };
  await discardFolder(folder, 'gr_1');
  assert.equal(await isKept(), false);
});
