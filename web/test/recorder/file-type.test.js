/**
 * What kind of recording a file is taken for.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TYPE_OF_EXTENSION, typeOfFile } from '../../recorder/file-type.js';
import { readFixture } from '../webm/recordings.js';

/** @param {{type?: string, name?: string, bytes?: string | Uint8Array}} how bytes: the first ones */
function fileOf({ type = '', name, bytes = 'something' }) {
  const data = typeof bytes === 'string' ? Uint8Array.from(bytes, (char) => char.charCodeAt(0)) : bytes;
  return Object.assign(new Blob([data], { type }), name && { name });
}

test('the broker knows each of our types, and each extension as one of that type', () => {
  const source = readFileSync(new URL('../../../internal/session/mediatype.go', import.meta.url), 'utf8');
  const known = [...source.matchAll(/name: "([^"]+)", exts: \[\]string\{([^}]+)\}/g)].map(([, name, exts]) => [name, exts.replaceAll('"', '').split(', ')]);
  assert.ok(known.length > 15, `found ${known.length}`);
  const exts = new Map(known);
  const missing = Object.entries(TYPE_OF_EXTENSION).filter(([extension, type]) => !exts.get(type)?.includes(extension));
  assert.deepEqual(missing, []);
  assert.deepEqual([...new Set(known.flatMap(([, all]) => all))].filter((extension) => !Object.hasOwn(TYPE_OF_EXTENSION, extension)), []);
});

for (const [name, type, want] of [
  ['IMG_0001.MOV', '', 'video/quicktime'],
  ['memo.caf', '', 'audio/x-caf'],
  ['talk.mka', '', 'audio/x-matroska'],
  ['00001.m2ts', '', 'video/mp2t'],
  ['song.ogg', 'application/ogg', 'audio/ogg'],
  ['clip.mkv', 'application/x-matroska', 'video/x-matroska'],
  ['clip.mp4', 'video/mp4', 'video/mp4'],
  ['clip.mov', 'video/mp4', 'video/mp4'],
  ['clip.webm', 'video/*', 'video/webm'],
  ['live', 'video/webm;codecs=vp8,opus', 'video/webm;codecs="vp8,opus"'],
]) {
  test(`${name} of type "${type}" is ${want}`, async () => assert.equal(await typeOfFile(fileOf({ name, type })), want));
}

const packets = (size, from) => Uint8Array.from({ length: 3 * size }, (_, i) => (i % size === from ? 0x47 : 1));

for (const [what, bytes, want] of [
  ['WebM', readFixture('chromium-opus.webm'), 'video/webm'],
  ['MP4', readFixture('chromium-mp4.mp4'), 'video/mp4'],
  ['Ogg', readFixture('firefox-ogg.ogg'), 'audio/ogg'],
  ['Matroska', '\x1aE\xdf\xa3\xa3\x42\x82\x88matroska', 'video/x-matroska'],
  ['a film of QuickTime', '\0\0\0\x14ftypqt  ', 'video/quicktime'],
  ['a voice memo', '\0\0\0\x1cftypM4A ', 'audio/mp4'],
  ['a film of an old phone', '\0\0\0\x18ftyp3gp4', 'video/3gpp'],
  ['Ogg with a picture', `OggS${'\0'.repeat(24)}\x80theora`, 'video/ogg'],
  ['WAV', 'RIFF\0\0\0\0WAVEfmt ', 'audio/wav'],
  ['AVI', 'RIFF\0\0\0\0AVI LIST', 'video/x-msvideo'],
  ['AIFF', 'FORM\0\0\0\0AIFFCOMM', 'audio/aiff'],
  ['FLAC', 'fLaC\0', 'audio/flac'],
  ['CAF', 'caff\0\x01', 'audio/x-caf'],
  ['MP3', 'ID3\x04', 'audio/mpeg'],
  ['AAC', '\xff\xf1\x50', 'audio/aac'],
  ['a transport stream', packets(188, 0), 'video/mp2t'],
  ['a transport stream of a camcorder', packets(192, 4), 'video/mp2t'],
]) {
  test(`a file without name and type that begins as ${what} is ${want}`, async () => assert.equal(await typeOfFile(fileOf({ bytes })), want));
}

test('what the caller says counts for more than the file', async () => {
  assert.equal(await typeOfFile(fileOf({ name: 'a.mov', type: 'video/quicktime' }), 'video/mp4'), 'video/mp4');
});

for (const given of ['video/*', 'application/ogg', 'video', 'video/', '*/*', '']) {
  test(`"${given}" is no content type`, () => assert.rejects(typeOfFile(fileOf({ name: 'a.mov' }), given), { code: 'invalid', field: 'contentType' }));
}

test('what is no recording is refused', async () => {
  for (const how of [{ name: 'notes.txt', type: 'text/plain' }, { name: 'mov' }, { bytes: 'hello' }, { name: 'a.constructor' }]) {
    await assert.rejects(typeOfFile(fileOf(how)), { code: 'invalid', field: 'type' });
  }
});
