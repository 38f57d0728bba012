/**
 * A disk that is taken away while a recording is on it.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { Cloud, objectOf } from '../lib/cloud.js';
import { JobRun, until } from '../lib/job-run.js';

/** @type {Cloud} */
let cloud;
beforeEach(async () => { cloud = await new Cloud().start(); });
afterEach(() => cloud.stop());

const troubles = (run) => run.of('trouble').map(({ error: { code, reason } }) => `${code} ${reason}`);

for (const { name, fault } of [
  { name: 'S3 has most of it', fault: () => undefined },
  { name: 'S3 has nothing yet', fault: ({ op }) => (op === 'put' ? { status: 503 } : undefined) },
]) test(`a recording goes on in memory when its disk is cleared, and completes: ${name}`, async () => {
  const bytes = randomBytes(9400);
  cloud.fault = fault;
  const run = new JobRun(cloud);
  run.record(bytes.subarray(0, 5400));
  await until(() => run.of('progress').at(-1)?.progress.recordedBytes === 5400, 'what was recorded');
  run.folder.clear();
  run.record(bytes.subarray(5400));
  await until(() => run.of('progress').at(-1)?.progress.recordedBytes === 9400, 'what was recorded then');
  cloud.fault = () => undefined;
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
  assert.deepEqual(run.of('full'), [], 'nothing is full');
  assert.ok(troubles(run).includes('not-durable storage-gone'), troubles(run).join());
});

/** What a killed tab left behind, of which S3 has the first parts, and whose disk is cleared while the rest is sent. */
async function clearedInRecovery(bytes, { inS3 }) {
  cloud.fault = ({ op, number }) => (op === 'put' && number > inS3 ? { status: 503 } : undefined);
  const killed = new JobRun(cloud, { timing: { noteMs: 0 } });
  killed.record(bytes);
  await until(() => killed.of('part').length === inS3, 'the first parts');
  await until(async () => (await killed.folder.list()).some(({ name }) => name === 'part-000012'), 'the last part file');
  const folder = await killed.kill();
  const run = new JobRun(cloud, { folder, recover: true });
  const tried = cloud.count('put');
  await until(() => cloud.count('put') > tried + 2, 'the rest is tried');
  folder.clear();
  cloud.fault = () => undefined;
  return run;
}

test('where the bytes were on the cleared disk alone they are called lost, and what S3 has is left to be salvaged', async () => {
  const bytes = randomBytes(12_000);
  const run = await clearedInRecovery(bytes, { inS3: 3 });
  const { type, error } = await run.said('completed', 'failed');
  assert.deepEqual([type, error.code, error.detail.onDevice], ['failed', 'bytes-lost', false]);
  assert.ok(error.detail.lostBytes > 0, JSON.stringify(error.detail));
  const [session] = cloud.sessions.values();
  assert.deepEqual([session.state, cloud.count('complete'), cloud.count('abort')], ['open', 0, 0]);
  const inS3 = objectOf(session);
  assert.ok(inS3.length >= 3000 && bytes.subarray(0, inS3.length).equals(inS3), 'S3 has a beginning of it, and nothing else');
  run.retry();
  await until(() => run.of('failed').length === 2, 'it fails again');
});
