/** What the testers' page makes of a file. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bySlice, headOf, lineOf, outlineOf } from '../../../pages/check/pieces.js';
import { element, liveHeader, uintElement } from '../../../webm/ebml.js';
import { ID } from '../../../webm/matroska.js';

/** @param {string} type @param {...Uint8Array} content */
function box(type, ...content) {
  const size = content.reduce((sum, { length }) => sum + length, 8);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(size);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, ...content]);
}

const fragment = Buffer.concat([box('moof', box('mfhd', Buffer.alloc(8)), box('traf', box('tfhd', Buffer.alloc(8)))), box('mdat', Buffer.alloc(100))]);
const mp4 = Buffer.concat([box('ftyp', Buffer.from('isom')), box('moov', box('mvhd', Buffer.alloc(100)), box('trak'), box('trak')), fragment, fragment, fragment]);
const cluster = Buffer.from([...liveHeader(ID.Cluster), ...uintElement(ID.Timestamp, 7), ...element(ID.SimpleBlock, [1]), ...element(ID.SimpleBlock, [1, 2])]);
const webm = Buffer.from([...element(ID.EBML, element(ID.DocType, Buffer.from('webm'))), ...liveHeader(ID.Segment), ...element(ID.Info), ...cluster, ...cluster]);

test('an MP4 is told box by box, those that hold others opened', () => {
  const { pieces, stopped } = outlineOf(mp4);
  assert.equal(stopped, undefined);
  assert.deepEqual(pieces.slice(0, 5), [
    { name: 'ftyp', at: 0, bytes: 12 }, { name: 'moov', at: 12, bytes: 132 }, { name: 'mvhd', at: 20, bytes: 108 }, { name: 'trak', at: 128, bytes: 16, count: 2 },
    { name: 'moof', at: 144, bytes: 48 },
  ]);
  assert.equal(lineOf({ pieces }), 'ftyp moov (moof mdat) ×3');
});

test('a WebM is told element by element, those without a size too', () => {
  const outline = outlineOf(webm);
  assert.equal(lineOf(outline), 'EBML Segment Info Cluster ×2');
  assert.deepEqual(outline.pieces.filter(({ name }) => name === 'SimpleBlock').map(({ count, bytes }) => [count, bytes]), [[2, 7], [2, 7]]);
  assert.equal(outline.pieces.find(({ name }) => name === 'Segment')?.bytes, null);
});

for (const { name, bytes, says } of [
  { name: 'a file that is cut in a header', bytes: mp4.subarray(0, mp4.length - fragment.length + 4), says: `ftyp moov (moof mdat) ×2 – the header at ${mp4.length - fragment.length} is not whole` },
  { name: 'what makes no sense', bytes: Buffer.concat([box('ftyp'), Buffer.alloc(20)]), says: 'ftyp – no box at 8' },
  { name: 'nothing', bytes: Buffer.alloc(0), says: '' },
]) {
  test(`${name} is told as far as it goes`, () => assert.equal(lineOf(outlineOf(bytes)), says));
}

test('each slice is told with what begins in it', () => {
  const slices = [{ bytes: 144 }, { bytes: 0 }, { bytes: 50 }, { bytes: mp4.length - 194 }];
  assert.deepEqual(bySlice(outlineOf(mp4), slices), [['ftyp', 'moov'], [], ['moof', 'mdat'], ['moof', 'mdat', 'moof', 'mdat']]);
});

test('the head ends before the first media, and at its most', () => {
  assert.equal(headOf(mp4, outlineOf(mp4), 1000).length, 144);
  assert.equal(headOf(mp4, outlineOf(mp4), 100).length, 100);
  assert.ok(headOf(webm, outlineOf(webm), 1000).equals(webm.subarray(0, webm.indexOf(cluster))));
});
