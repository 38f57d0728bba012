/**
 * Grants that do not come, or come to nothing: the page's function is asked again, and a recording goes on without.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { askForGrant } from '../../recorder/ask-for-grant.js';
import { check } from '../../check/check.js';
import { RecorderError } from '../../base/errors.js';
import { Cloud, problem } from '../lib/cloud.js';
import { installPage } from '../lib/fake-page.js';
import { JobRun } from '../lib/job-run.js';

const TIMING = { callTimeoutMs: 20, retryBaseMs: 2, retryCapMs: 20 };

/** Asks this function. @returns {Promise<{grant: string, troubles: string[]}>} */
async function asked(source) {
  const troubles = [];
  const grant = await askForGrant(source, {
    timing: TIMING, wake: new EventTarget(), wanted: () => true, onTrouble: ({ code, reason }) => troubles.push(`${code} ${reason}`),
  });
  return { grant, troubles };
}

test('a grant function that never answers is told and asked again', { timeout: 5000 }, async () => {
  let calls = 0;
  const answer = await asked(() => (++calls === 1 ? new Promise(() => {}) : 'gr_1'));
  assert.deepEqual(answer, { grant: 'gr_1', troubles: ['offline grant'] });
});

/** A function that throws what fetch throws, so many times. */
function failing(times) {
  let calls = 0;
  return () => {
    if (++calls <= times) throw new TypeError('x is undefined');
    return 'gr_1';
  };
}

for (const { failures, onLine, troubles } of [
  { failures: 1, onLine: true, troubles: [] },
  { failures: 4, onLine: true, troubles: ['offline grant'] },
  { failures: 5, onLine: true, troubles: ['offline grant', 'grant-failed TypeError'] },
  { failures: 5, onLine: false, troubles: ['offline grant'] },
]) {
  test(`${failures} TypeErrors of a grant function while the browser is ${onLine ? 'on' : 'off'}line`, async () => {
    Object.defineProperty(globalThis, 'navigator', { value: { onLine }, configurable: true });
    assert.deepEqual(await asked(failing(failures)), { grant: 'gr_1', troubles });
  });
}

test('Recorder.check() does not wait for ever for a grant function', { timeout: 10_000 }, async (t) => {
  const broker = createServer((_, res) => res.end('{"status":"ok"}')).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  installPage();
  globalThis.window = globalThis.top = globalThis;
  globalThis.document = Object.assign(new EventTarget(), { baseURI: 'https://app.example/' });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let findings;
  void check({ broker: `http://127.0.0.1:${broker.address().port}`, grant: () => new Promise(() => {}) }).then((found) => { findings = found; });
  while (!findings) {
    t.mock.timers.tick(1000);
    await setImmediate();
  }
  broker.close();
  const { ok, detail } = findings.find(({ name }) => name === 'grant');
  assert.deepEqual([ok, detail], [false, 'the function failed: no answer in time']);
});

test('nobody asks for a grant that is no longer wanted', { timeout: 5000 }, async () => {
  let calls = 0;
  await assert.rejects(askForGrant(failing(100), { timing: TIMING, wake: new EventTarget(), wanted: () => ++calls < 3, onTrouble() {} }), { code: 'cancelled' });
});

/** As the Worker hears of it from the page. */
const noGrant = (message) => Promise.reject(new RecorderError('grant-failed', message));

/** @type {Cloud} */
let cloud;
beforeEach(async () => { cloud = await new Cloud().start(); });
afterEach(() => cloud.stop());

/** Records, lets the token expire, and records on. @param {() => Promise<string>} getGrant */
async function expiredMeanwhile(getGrant, bytes) {
  const run = new JobRun(cloud, { getGrant });
  run.record(bytes.subarray(0, 2000));
  await run.said('part');
  cloud.expireToken(cloud.session);
  run.record(bytes.subarray(2000));
  return run;
}

test('a grant function that fails in mid-recording is a trouble, and the recording stays in its session', async () => {
  let calls = 0;
  const bytes = randomBytes(5500);
  const run = await expiredMeanwhile(async () => (++calls === 2 ? noGrant('502') : 'gr_1'), bytes);
  assert.equal((await run.said('trouble', 'failed')).type, 'trouble');
  run.end();
  await run.said('completed');
  assert.ok(cloud.object.equals(bytes));
  assert.deepEqual([cloud.sessions.size, run.of('failed'), run.of('trouble').length], [1, [], 1]);
});

test('nor does a grant that the broker refuses in mid-recording end it', async () => {
  const refusals = [1, 2].map(() => problem(401, 'unauthorized', 'expired', { reason: 'grant-expired' }));
  cloud.fault = ({ op }) => (op === 'token' ? refusals.shift() : undefined);
  const bytes = randomBytes(5500);
  const run = await expiredMeanwhile(async () => 'gr_1', bytes);
  assert.deepEqual((await run.said('trouble', 'failed')).error.code, 'unauthorized');
  run.end();
  await run.said('completed');
  assert.ok(cloud.object.equals(bytes));
  assert.deepEqual([cloud.sessions.size, run.of('failed')], [1, []]);
});

test('a grant function that fails still when the recording has ended is a failure', async () => {
  let calls = 0;
  const run = await expiredMeanwhile(async () => (++calls > 1 ? noGrant('signed out') : 'gr_1'), randomBytes(5500));
  await run.said('trouble');
  run.end();
  assert.match((await run.said('failed', 'completed')).error.message, /signed out/);
  await run.cancel();
});
