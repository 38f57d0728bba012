/**
 * A name or metadata that the broker refuses keeps no recording from being saved.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { Cloud, problem } from '../lib/cloud.js';
import { JobRun } from '../lib/job-run.js';

/** @type {Cloud} */
let cloud;
beforeEach(async () => { cloud = await new Cloud().start(); });
afterEach(() => cloud.stop());

const bytes = randomBytes(2500);
const WORDS = { name: 'x'.repeat(300), metadata: { userId: '7' } };

/** A broker that refuses both, one after the other, as it looks at them. */
function refuse({ op, body }) {
  if (op !== 'open') return undefined;
  if (body.name) return problem(400, 'invalid', 'name is 300 bytes', { field: 'name', reason: 'out-of-range' });
  if (body.metadata) return problem(400, 'invalid', 'names in metadata are a-z', { field: 'metadata', reason: 'bad-name' });
  return undefined;
}

const told = (run) => run.of('trouble').map(({ error }) => `${error.code} ${error.field}`);

test('a recording is saved without what is refused, and that is told', async () => {
  cloud.fault = refuse;
  const run = new JobRun(cloud, { job: WORDS });
  assert.equal((await run.all(bytes)).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
  assert.deepEqual(told(run), ['invalid name', 'invalid metadata']);
  const keys = cloud.requests.filter(({ op }) => op === 'open').map(({ headers }) => headers['idempotency-key']);
  assert.equal(new Set(keys).size, 3, 'another request has another key');
});

test('a recording that an older recorder left behind is recovered without what is refused', async () => {
  cloud.fault = ({ op }) => (op === 'open' ? 'reset' : undefined);
  const run = new JobRun(cloud, { job: WORDS });
  run.record(bytes);
  await run.said('progress');
  const folder = await run.kill();
  cloud.fault = refuse;
  const recovered = new JobRun(cloud, { folder, recover: true });
  assert.equal((await recovered.said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
});

test('any other refusal still fails', async () => {
  cloud.fault = ({ op }) => (op === 'open' ? problem(400, 'invalid', 'no such type', { field: 'content_type', reason: 'bad-content-type' }) : undefined);
  const run = new JobRun(cloud, { job: WORDS });
  const { type, error } = await run.all(bytes);
  assert.deepEqual([type, error.field], ['failed', 'content_type']);
});

test('a file is not sent without its metadata: it is still where it was', async () => {
  cloud.fault = refuse;
  const run = new JobRun(cloud, { job: WORDS, file: new Blob([bytes]) });
  const { type, error } = await run.said('completed', 'failed');
  assert.deepEqual([type, error.field], ['failed', 'name']);
});
