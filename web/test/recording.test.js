/**
 * What a Recorder makes of its Worker's messages and its devices' ends, whatever their order.
 */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Recorder } from '../recorder.js';
import { FakeStream, FakeTrack, installPage, medias, workers } from './fake-page.js';

const RESULT = { id: 's1', key: 'r/s1.webm', size: 20, etag: '"x-1"', outcome: 'completed', watchUrl: 'https://b.example/watch/s1' };

/** @type {string[]} */
let events;
beforeEach(() => { installPage(); events = []; });

function recorder() {
  const made = new Recorder({ broker: 'https://b.example', grant: 'gr_1' });
  made.addEventListener('state', ({ detail }) => events.push(detail.state));
  made.addEventListener('error', ({ detail }) => events.push(`${detail.error.code}${detail.fatal ? '!' : ''}`));
  for (const name of ['progress', 'part']) made.addEventListener(name, () => events.push(name));
  return made;
}

function camera() {
  return new FakeStream([new FakeTrack('video'), new FakeTrack('audio')]);
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A promise's end, or `pending`. */
async function ended(promise) {
  return Promise.race([promise.then(() => 'resolved', (error) => error.code), turn().then(() => 'pending')]);
}

test('a start does not cut off the cancel before it', async () => {
  const rec = recorder();
  await rec.start(camera());
  const cancelled = rec.cancel();
  await rec.start(camera());
  const [first] = workers;
  assert.equal(first.asked('cancel'), 1);
  assert.equal(first.terminated, false, 'the Worker that aborts the upload was terminated');
  assert.equal(await ended(cancelled), 'pending');
  first.say({ type: 'cancelled' });
  assert.equal(await ended(cancelled), 'resolved');
  assert.equal(first.terminated, true);
  assert.equal(rec.state, 'recording');
});
