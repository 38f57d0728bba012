import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asMediaType, chooseMimeType } from '../../capture/mime.js';

const all = () => true;
const only = (...types) => (type) => types.includes(type);

const BOTH = { video: true, audio: true };
const SOUND = { video: false, audio: true };
/** As isTypeSupported of Safari 18.4 answers. */
const SAFARI = only('video/mp4;codecs=avc1,mp4a.40.2', 'video/mp4', 'audio/mp4', 'video/webm', 'video/webm;codecs=vp9,opus', 'audio/webm;codecs=opus');

for (const { name, tracks, supported, wish, want } of [
  { name: 'picture and sound', tracks: BOTH, supported: all, want: 'video/webm;codecs=vp9,opus' },
  { name: 'a picture alone', tracks: { video: true, audio: false }, supported: all, want: 'video/webm;codecs=vp9' },
  { name: 'few cores', tracks: { ...BOTH, weak: true }, supported: all, want: 'video/webm;codecs=vp8,opus' },
  { name: 'Firefox', tracks: BOTH, supported: only('video/webm;codecs=vp8,opus', 'video/webm'), want: 'video/webm;codecs=vp8,opus' },
  { name: 'a browser that records MP4 alone', tracks: BOTH, supported: only('video/mp4', 'audio/mp4'), want: 'video/mp4' },
  { name: 'sound alone', tracks: SOUND, supported: all, want: 'audio/webm;codecs=opus' },
  { name: 'sound alone where it is Ogg or MP4', tracks: SOUND, supported: only('audio/ogg;codecs=opus', 'audio/mp4'), want: 'audio/ogg;codecs=opus' },
  { name: 'sound alone in a browser that records MP4 alone', tracks: SOUND, supported: only('audio/mp4'), want: 'audio/mp4' },
  { name: 'Apple’s engine', tracks: BOTH, supported: SAFARI, wish: { apple: true }, want: 'video/mp4;codecs=avc1,mp4a.40.2' },
  { name: 'Apple’s engine, sound alone', tracks: SOUND, supported: SAFARI, wish: { apple: true }, want: 'audio/mp4' },
  { name: 'an Apple’s engine that records WebM alone', tracks: BOTH, supported: only('video/webm'), wish: { apple: true }, want: 'video/webm' },
  { name: 'WebM in Apple’s engine', tracks: BOTH, supported: SAFARI, wish: { apple: true, container: 'webm' }, want: 'video/webm;codecs=vp9,opus' },
  { name: 'MP4', tracks: BOTH, supported: all, wish: { container: 'mp4' }, want: 'video/mp4;codecs=avc3,mp4a.40.2' },
  { name: 'MP4 in Apple’s engine', tracks: BOTH, supported: all, wish: { container: 'mp4', apple: true }, want: 'video/mp4;codecs=avc1,mp4a.40.2' },
  { name: 'MP4 where there is no avc3', tracks: BOTH, supported: SAFARI, wish: { container: 'mp4' }, want: 'video/mp4;codecs=avc1,mp4a.40.2' },
  { name: 'MP4 where there is no AAC', tracks: BOTH, supported: only('video/mp4;codecs=avc1,opus', 'video/mp4;codecs=avc3,opus', 'video/mp4'), wish: { container: 'mp4' }, want: 'video/mp4;codecs=avc3,opus' },
  { name: 'MP4 without sound', tracks: { video: true, audio: false }, supported: all, wish: { container: 'mp4' }, want: 'video/mp4;codecs=avc3' },
  { name: 'MP4 of sound alone', tracks: SOUND, supported: all, wish: { container: 'mp4' }, want: 'audio/mp4;codecs=mp4a.40.2' },
  { name: 'a type that was asked for', tracks: BOTH, supported: all, wish: { contentType: 'video/webm;codecs=av1', apple: true }, want: 'video/webm;codecs=av1' },
]) {
  test(`${name}: ${want}`, () => assert.equal(chooseMimeType(tracks, supported, wish), want));
}

for (const { name, supported, wish, field } of [
  { name: 'nothing', supported: () => false, field: 'contentType' },
  { name: 'not the type that was asked for', supported: (type) => type !== 'video/webm;codecs=av1', wish: { contentType: 'video/webm;codecs=av1' }, field: 'contentType' },
  { name: 'no MP4', supported: (type) => type.includes('webm'), wish: { container: 'mp4' }, field: 'container' },
  { name: 'no WebM', supported: (type) => type.includes('mp4'), wish: { container: 'webm' }, field: 'container' },
]) {
  test(`a browser that records ${name} is not supported`, () => {
    assert.throws(() => chooseMimeType(BOTH, supported, wish), { name: 'RecorderError', code: 'not-supported', field });
  });
}

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
