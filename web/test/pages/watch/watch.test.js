/** What the watch page makes of a recording's type: whether it plays here, and how its file is called. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ENDINGS, fileNameFor } from '../../../pages/watch/download.js';
import { mayPlay } from '../../../player/may-play.js';

test('the endings are those of the broker', () => {
  const source = readFileSync(new URL('../../../../internal/session/mediatype.go', import.meta.url), 'utf8');
  const rows = [...source.matchAll(/name: "([^"]+)", exts: \[\]string\{([^}]+)\}/g)];
  assert.ok(rows.length > 10);
  assert.deepEqual({ ...ENDINGS }, Object.fromEntries(rows.map(([, name, endings]) => [name, JSON.parse(`[${endings}]`)])));
});

for (const { name, type, wanted } of [
  { name: 'Holiday', type: 'video/mp4;codecs="avc3,opus"', wanted: 'Holiday.mp4' },
  { name: 'Holiday.MP4', type: 'video/mp4', wanted: 'Holiday.MP4' },
  { name: 'Holiday.webm', type: 'video/mp4', wanted: 'Holiday.webm.mp4' },
  { name: 'Memo', type: 'audio/mp4;codecs=opus', wanted: 'Memo.m4a' },
  { name: 'Memo.mp4', type: 'audio/mp4', wanted: 'Memo.mp4' },
  { name: 'a/b: "c"', type: 'video/webm', wanted: 'a-b- -c-.webm' },
  { name: 'Holiday', type: 'video/quicktime', wanted: 'Holiday.mov' },
  { name: 'Camera.avi', type: 'application/octet-stream', wanted: 'Camera.avi' },
  { name: 'invoice.exe', type: 'application/octet-stream', wanted: 'invoice.exe.bin' },
  { name: 'invoice.exe', type: 'audio/mp4', wanted: 'invoice.exe.m4a' },
]) {
  test(`${name}, ${type}, is saved as ${wanted}`, () => assert.equal(fileNameFor(name, type), wanted));
}

/** As Firefox ESR 153 answers. */
const firefox = { canPlayType: (type) => (['video/mp4', 'video/mp4;codecs="avc1.42E01F,opus"', 'video/webm;codecs="vp9,opus"'].includes(type) ? 'maybe' : '') };

for (const { type, plays } of [
  { type: 'video/mp4;codecs="avc3,opus"', plays: true },
  { type: 'video/mp4;codecs=avc1', plays: true },
  { type: 'video/mp4;codecs="avc1.42E01F,opus"', plays: true },
  { type: 'video/mp4;codecs="avc1.7A0033,opus"', plays: false },
  { type: 'video/webm;codecs="vp9,opus"', plays: true },
  { type: 'video/mp4;codecs="hvc1.1.6.L93.B0,opus"', plays: false },
]) {
  test(`${type} ${plays ? 'plays' : 'does not play'}, as far as one knows`, () => assert.equal(mayPlay(firefox, type), plays));
}
