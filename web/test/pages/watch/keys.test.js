/** Which keys the watch page answers to, and which speeds there are. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { MAX_CAPTIONS_BYTES } from '../../../pages/watch/captions.js';
import { actOf } from '../../../pages/watch/keys.js';
import { embedLines } from '../../../pages/watch/sharing.js';
import { nextSpeed, SPEEDS } from '../../../pages/watch/speed.js';

const KEYS = [' ', 'k', 'K', 'j', 'l', 'f', 'm', '<', '>', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
const bare = { altKey: false, ctrlKey: false, metaKey: false };
const at = (tagName) => ({ tagName });

/** A player of which a key needs no more. */
function player(facts = {}) {
  return { currentTime: 20, duration: 100, volume: 0.95, muted: true, playbackRate: 1, paused: true, ...facts };
}

/** @param {string} key @param {any} target */
const answers = (key, target, video = player()) => actOf({ ...bare, key, target }, video) !== undefined;

test('each key does something, and others do nothing', () => {
  assert.deepEqual(KEYS.filter((key) => !answers(key, at('BODY'))), []);
  assert.deepEqual(['a', 'Enter', 'Tab', 'constructor', 'toString', '__proto__', 'Escape'].filter((key) => answers(key, at('BODY'))), []);
});

test('fields and lists keep all keys, and what is pressed by Space keeps that one', () => {
  for (const tag of ['INPUT', 'SELECT', 'TEXTAREA']) assert.deepEqual(KEYS.filter((key) => answers(key, at(tag))), [], tag);
  for (const tag of ['BUTTON', 'A', 'SUMMARY']) assert.deepEqual(KEYS.filter((key) => !answers(key, at(tag))), [' '], tag);
});

test('the player answers to its own keys itself, so that none counts twice', () => {
  const video = player();
  assert.deepEqual(KEYS.filter((key) => !answers(key, video, video)), [' ', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']);
});

for (const held of ['altKey', 'ctrlKey', 'metaKey']) {
  test(`with ${held} it is the browser's`, () => {
    assert.deepEqual(KEYS.filter((key) => actOf({ ...bare, [held]: true, key, target: /** @type {any} */ (at('BODY')) }, /** @type {any} */ (player()))), []);
  });
}

for (const [key, before, after] of [
  ['ArrowLeft', {}, { currentTime: 15 }], ['ArrowRight', {}, { currentTime: 25 }], ['j', {}, { currentTime: 10 }], ['l', {}, { currentTime: 30 }],
  ['j', { currentTime: 3 }, { currentTime: 0 }], ['l', { currentTime: 95 }, { currentTime: 100 }], ['l', { duration: NaN }, { currentTime: 30 }],
  ['ArrowUp', {}, { volume: 1, muted: false }], ['ArrowDown', { volume: 0.05 }, { volume: 0, muted: false }], ['m', {}, { muted: false }],
  ['>', {}, { playbackRate: 1.25 }], ['<', {}, { playbackRate: 0.75 }], ['>', { playbackRate: 3 }, { playbackRate: 3 }], ['<', { playbackRate: 0.5 }, { playbackRate: 0.5 }],
]) {
  test(`${key} makes ${JSON.stringify(after)} of ${JSON.stringify({ ...player(), ...before })}`, () => {
    const video = player(before);
    actOf({ ...bare, key, target: /** @type {any} */ (at('BODY')) }, /** @type {any} */ (video))?.(/** @type {any} */ (video), /** @type {any} */ (null));
    for (const [fact, value] of Object.entries(after)) assert.ok(Math.abs(Number(video[fact]) - Number(value)) < 1e-9, `${fact} is ${video[fact]}`);
  });
}

test('from a speed that is not in the list it goes to the next that is', () => {
  assert.deepEqual([nextSpeed(1.1, 1), nextSpeed(1.1, -1), nextSpeed(4, 1), nextSpeed(4, -1), nextSpeed(0.1, -1)], [1.25, 1, 4, SPEEDS.at(-1), 0.1]);
});

test('captions are as long as the broker lets them be', () => {
  const source = readFileSync(new URL('../../../../internal/session/captions.go', import.meta.url), 'utf8');
  assert.equal(MAX_CAPTIONS_BYTES, Number(/MaxCaptionsBytes = ([\d_]+)/.exec(source)?.[1].replaceAll('_', '')));
});

test('the lines that embed hold a title as text', () => {
  assert.equal(
    embedLines('https://broker.example/slipway', { id: 'x', token: 'wt_a', title: '"><script>&' }),
    '<iframe src="https://broker.example/slipway/embed/x#wt_a" width="1280" height="720" allow="fullscreen; picture-in-picture; autoplay" title="&quot;&gt;&lt;script&gt;&amp;"></iframe>',
  );
});
