/** How the watch page names what a device cannot play. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unknownTo } from '../../player/codec-words.js';
import { ENDINGS } from '../../pages/watch/download.js';

/** A player of these types, of all codecs of a container, or of one. */
const plays = (...types) => ({ canPlayType: (type) => (types.includes(type) ? 'maybe' : '') });
const iphone = plays('video/mp4', 'video/mp4;codecs="mp4a.40.2"');

for (const { name, player, type, says } of [
  { name: 'neither', player: plays(), type: 'video/webm;codecs="vp9,opus"', says: 'VP9 video and Opus sound' },
  { name: 'the picture', player: plays('video/webm', 'video/webm;codecs="opus"'), type: 'video/webm;codecs=vp8,opus', says: 'VP8 video' },
  { name: 'the sound', player: plays('video/mp4', 'video/mp4;codecs="avc1.42E01F"'), type: 'video/mp4;codecs="avc1.42E01F,opus"', says: 'Opus sound' },
  { name: 'H.265', player: iphone, type: 'video/mp4;codecs="hvc1.1.6.L93.B0,mp4a.40.2"', says: 'H.265 (HEVC) video' },
  { name: 'what it claims to know', player: plays('video/mp4', 'video/mp4;codecs="mp4a.40.2"'), type: 'video/mp4;codecs="avc3,mp4a.40.2"', says: 'H.264 video and AAC sound' },
  { name: 'a container alone', player: plays(), type: 'video/quicktime', says: 'QuickTime (MOV) files' },
  { name: 'a container that plays nowhere', player: plays(), type: 'application/octet-stream', says: 'this kind of file' },
  { name: 'a codec of tomorrow', player: plays('video/mp4'), type: 'video/mp4; codecs="vvc1.1.L51"', says: 'vvc1.1.L51' },
  { name: 'MP3 in MP4', player: plays('audio/mp4'), type: 'audio/mp4;codecs="mp4a.6B"', says: 'MP3 sound' },
]) {
  test(`a device that does not know ${name} cannot play ${says}`, () => assert.equal(unknownTo(player, type), says));
}

test('every container of the broker has a name', () => {
  assert.deepEqual(Object.keys(ENDINGS).filter((type) => unknownTo(plays(), type) === 'this kind of file'), []);
});
