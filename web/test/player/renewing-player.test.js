/** A player that was closed leaves the element to the next one. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RenewingPlayer } from '../../player/renewing-player.js';

test('a URL that comes after the end is not given to the element', async () => {
  const video = Object.assign(new EventTarget(), { src: '', error: null, videoWidth: 0, currentTime: 0, playbackRate: 1, buffered: { length: 0 } });
  const still = { hidden: true, getContext: () => null };
  let answer;
  const fetched = new Promise((resolve) => { answer = resolve; });
  let asked = 0;
  const player = new RenewingPlayer({
    video, still, lease: { url: 'first', over: true, ending: true }, fetchLease: () => { asked++; return fetched; }, onFailed: assert.fail,
  });
  video.dispatchEvent(new Event('play'));
  assert.equal(asked, 1);
  player.close();
  video.src = 'next';
  answer({ url: 'late', over: false, ending: false });
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.equal(video.src, 'next');
});
