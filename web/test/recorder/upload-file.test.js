/**
 * What uploadFile makes of its Worker's messages.
 */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { uploadFile } from '../../recorder.js';
import { handedOver, installPage, workers } from '../lib/fake-page.js';

const RESULT = { id: 's1', key: 'r/s1.mp4', size: 1, etag: '"x-1"', outcome: 'completed', watchUrl: 'https://b.example/watch/s1' };
const file = new Blob(['x'], { type: 'video/mp4' });
const options = { broker: 'https://b.example', grant: 'gr_1' };
beforeEach(() => installPage());

test('trouble that may pass is told', async () => {
  /** @type {string[]} */
  const troubles = [];
  const uploaded = uploadFile(file, { ...options, onTrouble: ({ code }) => troubles.push(code) });
  await handedOver();
  workers[0].say({ type: 'trouble', error: { code: 'offline', message: 'PUT of part 1 got no answer' } });
  workers[0].say({ type: 'completed', result: RESULT });
  await uploaded;
  assert.deepEqual(troubles, ['offline']);
});

for (const { name, end } of [
  { name: 'completed', end: [{ type: 'completed', result: RESULT }] },
  { name: 'failed', end: [{ type: 'failed', error: { code: 's3', message: 'no' } }, { type: 'cancelled' }] },
]) {
  test(`a signal that outlives an upload that has ${name} keeps no listener of it`, async () => {
    let listeners = 0;
    const { signal } = new AbortController();
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args) => { listeners++; add(...args); };
    signal.removeEventListener = (...args) => { listeners--; remove(...args); };
    const uploaded = uploadFile(file, { ...options, signal }).catch(() => {});
    await handedOver();
    for (const message of end) workers[0].say(message);
    await uploaded;
    assert.equal(listeners, 0);
  });
}

test('aborting the signal cancels, and rejects with its reason', async () => {
  const controller = new AbortController();
  const uploaded = uploadFile(file, { ...options, signal: controller.signal });
  await handedOver();
  controller.abort(new Error('enough'));
  assert.equal(workers[0].asked('cancel'), 1);
  workers[0].say({ type: 'cancelled' });
  await assert.rejects(uploaded, { message: 'enough' });
});

test('a signal that is aborted while the file is looked at sends nothing', async () => {
  const controller = new AbortController();
  const uploaded = uploadFile(file, { ...options, signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(uploaded, { message: 'enough' });
  assert.equal(workers.length, 0);
});
