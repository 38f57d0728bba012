/** Discarding what was left behind: nothing is called discarded that still plays, or will. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { describe, discardFolder } from '../unfinished.js';
import { Cloud, problem } from './cloud.js';
import { JobRun, until } from './job-run.js';

/** @type {Cloud} */
let cloud;
/** @type {import('./durable-folder.js').DurableFolder} */
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
