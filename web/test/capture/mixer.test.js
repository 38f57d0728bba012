/**
 * Sound that something else has, such as a call on a phone: Safari calls the AudioContext `interrupted`, and refuses to resume it. No
 * browser here does so.
 */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { openCapture } from '../../capture/capture.js';
import { FakeStream, FakeTrack, installPage } from '../lib/fake-page.js';

/** @type {EventTarget & {state: string}} the one that was made last */
let context;

beforeEach(() => {
  installPage();
  globalThis.document = new EventTarget();
  const Real = AudioContext;
  globalThis.AudioContext = class extends Real {
    state = 'interrupted';
    constructor() {
      super();
      context = this;
    }
    async resume() { if (this.state === 'interrupted') throw new DOMException('a call has the sound', 'InvalidStateError'); }
  };
});

test('an interrupted AudioContext: a single track is recorded as it is', async () => {
  const sound = new FakeTrack('audio');
  const capture = await openCapture(new FakeStream([new FakeTrack('video'), sound]));
  assert.deepEqual(capture.stream.getTracks().map(({ kind }) => kind), ['video', 'audio']);
  await assert.rejects(capture.setMicrophone(null), { code: 'not-supported' });
  capture.close();
});

test('an interrupted AudioContext: sound that is mixed is told to be silent, and to be back', async () => {
  const capture = await openCapture(new FakeStream(['video', 'audio', 'audio'].map((kind) => new FakeTrack(kind))));
  const told = [];
  capture.watch({ trouble: ({ code }) => told.push(code), eased: ({ code }) => told.push(`eased ${code}`), ended() {} });
  context.state = 'running';
  context.dispatchEvent(new Event('statechange'));
  assert.deepEqual(told, ['audio-suspended', 'eased audio-suspended']);
  capture.close();
});
