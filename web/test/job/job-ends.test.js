/**
 * How a job ends, and what it leaves behind.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { MemoryFolder } from '../../disk/memory-folder.js';
import { Cloud, problem } from '../lib/cloud.js';
import { JobRun, until } from '../lib/job-run.js';

/** @type {Cloud} */
let cloud;
beforeEach(async () => { cloud = await new Cloud().start(); });
afterEach(() => cloud.stop());

test('a failure is told after the numbers that it ends with', async () => {
  cloud.fault = ({ op }) => (op === 'complete' ? problem(403, 'forbidden', 'no') : undefined);
  const run = new JobRun(cloud, { timing: { progressMs: 60_000 } });
  const { error } = await run.all(randomBytes(2500));
  assert.equal(error.detail.uploadedBytes, 2500);
  assert.equal(run.of('progress').at(-1).progress.uploadedBytes, 2500);
  assert.equal(run.messages.at(-2).type, 'progress');
});

test('a cancel while the broker hangs ends when its time is up, not after five calls', async () => {
  const run = new JobRun(cloud, { timing: { callTimeoutMs: 60_000, cancelMs: 50 } });
  await run.said('opened');
  cloud.fault = ({ op }) => (op === 'abort' ? 'hang' : undefined);
  await run.cancel();
  assert.deepEqual([run.messages.at(-1).type, run.messages.at(-1).error?.code, cloud.count('abort')], ['cancelled', 'unavailable', 1]);
});

/** One whose grant allows less than was recorded, of which the page learns too late. */
async function tooLarge(bytes, how) {
  cloud.maxBytes = 2000;
  const run = new JobRun(cloud, how);
  const { type, error } = await run.all(bytes);
  assert.deepEqual([type, error.code], ['failed', 'max-bytes']);
  return run;
}

const states = () => [...cloud.sessions.values()].map(({ state }) => state);

test('a session that is left for being too small is aborted once there is another', async () => {
  const bytes = randomBytes(3300);
  const run = await tooLarge(bytes);
  cloud.fault = ({ op }) => (op === 'open' ? problem(403, 'forbidden', 'no') : undefined);
  const failed = () => run.of('failed').length;
  run.retry();
  await until(() => failed() === 2, 'the open that is refused');
  assert.deepEqual(states(), ['open'], 'what S3 has was given up for nothing');
  cloud.fault = () => undefined;
  run.retry();
  await until(() => failed() === 3, 'another that is too small');
  await until(() => states().join() === 'aborted,open', 'the abort of the first');
  cloud.maxBytes = 1e12;
  run.retry();
  await run.said('completed');
  assert.ok(cloud.newestObject.equals(bytes));
  await until(() => states().join() === 'aborted,aborted,completed', 'the abort of the second');
});

test('where nothing is kept on this device it stays until another has all of it', async () => {
  const run = await tooLarge(randomBytes(3300), { folder: new MemoryFolder() });
  cloud.maxBytes = 1e12;
  cloud.fault = ({ op }) => {
    if (op === 'complete') assert.deepEqual([states(), cloud.count('abort')], [['open', 'open'], 0]);
  };
  run.retry();
  await run.said('completed');
  assert.deepEqual(states(), ['aborted', 'completed']);
});

test('a cancel aborts also a session that was left and has no successor yet', async () => {
  const run = await tooLarge(randomBytes(3300));
  cloud.fault = ({ op }) => (op === 'open' ? problem(403, 'forbidden', 'no') : undefined);
  run.retry();
  await until(() => run.of('failed').length === 2, 'the open that is refused');
  await run.cancel();
  assert.deepEqual(states(), ['aborted']);
});
