/**
 * A set-up that can never work is told in the console within seconds; one that has worked once is not.
 */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { uploadFile } from '../../recorder.js';
import { installPage, workers } from '../lib/fake-page.js';

const OFFLINE = { type: 'trouble', error: { code: 'offline', message: 'POST v1/sessions: no answer' } };
const NO_PROGRESS = { type: 'progress', progress: { recordedBytes: 9, uploadedBytes: 0 } };

/** @type {string[]} */
let said;
beforeEach((t) => {
  installPage();
  said = [];
  t.mock.method(console, 'warn', (words) => said.push(words));
  t.mock.timers.enable({ apis: ['setTimeout'] });
});

/** The Worker of an upload that has begun. */
async function begun() {
  const before = workers.length;
  uploadFile(new Blob(['x'], { type: 'video/mp4' }), { broker: 'https://b.example', grant: 'gr_1' }).catch(() => {});
  while (workers.at(-1)?.asked('send') !== 1 || workers.length === before) await new Promise(setImmediate); // it reads the file first
  return workers.at(-1);
}

test('a broker that was never reached: once, with its error and the way to find out', async () => {
  const worker = await begun();
  for (let i = 0; i < 3; i++) worker.say(OFFLINE);
  assert.equal(said.length, 1);
  assert.match(said[0], /POST v1\/sessions: no answer.*Recorder\.check\(/);
});

test('one that takes the call and says nothing: after five seconds', async (t) => {
  await begun();
  t.mock.timers.tick(4999);
  assert.deepEqual(said, []);
  t.mock.timers.tick(1);
  assert.match(said[0], /has not answered.*Recorder\.check\(/);
});

test('a bucket that takes nothing, though the broker answers', async (t) => {
  const worker = await begun();
  worker.say({ type: 'opened', session: { id: 's1', watchUrl: 'w' } });
  t.mock.timers.tick(60_000);
  worker.say(NO_PROGRESS);
  assert.deepEqual(said, []);
  worker.say({ ...OFFLINE, error: { code: 'offline', message: 'PUT of part 1 got no answer' } });
  assert.match(said[0], /PUT of part 1/);
});

test('a network that goes away later is no set-up, nor is one that the browser knows to be away', async () => {
  const worker = await begun();
  worker.say({ type: 'progress', progress: { recordedBytes: 9, uploadedBytes: 9 } });
  worker.say(OFFLINE);
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: false }, configurable: true });
  (await begun()).say(OFFLINE);
  assert.deepEqual(said, []);
});

test('an upload that is over says nothing more', async (t) => {
  const worker = await begun();
  worker.say({ type: 'cancelled' });
  t.mock.timers.tick(60_000);
  assert.deepEqual(said, []);
});
