import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asMediaType, chooseMimeType } from '../mime.js';

const all = () => true;
const only = (...types) => (type) => types.includes(type);

for (const { name, tracks, supported, want } of [
  { name: 'picture and sound', tracks: { video: true, audio: true }, supported: all, want: 'video/webm;codecs=vp9,opus' },
  { name: 'a picture alone', tracks: { video: true, audio: false }, supported: all, want: 'video/webm;codecs=vp9' },
  { name: 'few cores', tracks: { video: true, audio: true, weak: true }, supported: all, want: 'video/webm;codecs=vp8,opus' },
  { name: 'Firefox', tracks: { video: true, audio: true }, supported: only('video/webm;codecs=vp8,opus', 'video/webm'), want: 'video/webm;codecs=vp8,opus' },
  { name: 'Safari', tracks: { video: true, audio: true }, supported: only('video/mp4', 'audio/mp4'), want: 'video/mp4' },
  { name: 'sound alone', tracks: { video: false, audio: true }, supported: all, want: 'audio/webm;codecs=opus' },
  { name: 'sound alone in Safari', tracks: { video: false, audio: true }, supported: only('audio/mp4'), want: 'audio/mp4' },
]) {
  test(`${name}: ${want}`, () => assert.equal(chooseMimeType(tracks, supported), want));
}

test('the type that was asked for, or none', () => {
  assert.equal(chooseMimeType({ video: true, audio: true }, all, 'video/webm;codecs=av1'), 'video/webm;codecs=av1');
  assert.throws(() => chooseMimeType({ video: true, audio: true }, () => false, 'video/webm;codecs=av1'), { code: 'not-supported' });
});

test('nothing is supported', () => {
  assert.throws(() => chooseMimeType({ video: true, audio: true }, () => false), { name: 'RecorderError', code: 'not-supported' });
});

for (const [type, want] of [
  ['video/webm;codecs=vp8,opus', 'video/webm;codecs="vp8,opus"'],
  ['video/webm; codecs=vp8, opus', 'video/webm; codecs="vp8, opus"'],
  ['video/webm;codecs="vp8,opus"', 'video/webm;codecs="vp8,opus"'],
  ['video/mp4;codecs=avc1.42E01E,mp4a.40.2;x=1', 'video/mp4;codecs="avc1.42E01E,mp4a.40.2";x=1'],
  ['audio/webm;codecs=opus', 'audio/webm;codecs=opus'],
  ['video/mp4', 'video/mp4'],
]) {
  test(`${type} is written ${want}`, () => assert.equal(asMediaType(type), want));
}
