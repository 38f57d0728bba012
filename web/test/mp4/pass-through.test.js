import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '../../container/concat.js';
import { largeHeader, uint32s } from '../../mp4/box-writer.js';
import { MAX_HEAD_BYTES } from '../../mp4/head.js';
import { SeekableMp4 } from '../../mp4/seekable.js';
import { patch, slicesOf } from '../lib/rewriting.js';
import { readFixture } from '../webm/recordings.js';
import {
  boxBytes, edits, fragment, ftyp, head, moov, mvex, mvhd, NOT_SYNC, PICTURE, samples, secondOf, SOUND, text, trak, trex,
} from './live.js';
import { ordinary, pass, recording } from './recordings.js';
import { mediaOf, walk } from './walk.js';

const first = secondOf(0);
const headWith = (...content) => concat([ftyp(), moov(mvhd(), ...content)]);
const both = [trak(), trak({ id: SOUND })];
const run = (count = 2) => ({ data: samples(count), durations: Array(count).fill(1000) });

for (const [name, input] of [
  ['a WebM', readFixture('chromium-opus.webm')],
  ['an Ogg', readFixture('firefox-ogg.ogg')],
  ['nothing', new Uint8Array(0)],
  ['a first byte', Uint8Array.of(0)],
  ['zeros', new Uint8Array(5000)],
  ['text', text('WEBVTT\n\n'.repeat(99))],
  ['an ordinary MP4 with its moov in front', ordinary(recording('chromium-avc-opus').raw).file],
  ['an ordinary MP4 with its moov at the end', ordinary(recording('chromium-avc-opus').raw, 256).file],
  ['a moov first', concat([moov(), first])],
  ['an unknown box in the head', concat([ftyp(), boxBytes('uuid', new Uint8Array(20)), moov(), first])],
  ['a moov without mvhd', concat([ftyp(), moov(...both, mvex()), first])],
  ['a moov without mvex', concat([headWith(...both), first])],
  ['a moov without a track', concat([headWith(mvex()), first])],
  ['a track without its defaults', concat([headWith(...both, mvex(trex(PICTURE))), first])],
  ['a track without a timescale', concat([headWith(trak({ timescale: 0 }), trak({ id: SOUND }), mvex()), first])],
  ['a movie without a timescale', concat([ftyp(), moov(mvhd({ timescale: 0 }), ...both, mvex()), first])],
  ['a moov with samples', concat([headWith(trak({ tables: [boxBytes('stts', uint32s(0, 1, 1, 1000))] }), trak({ id: SOUND }), mvex()), first])],
  ['a moov with sizes of samples', concat([headWith(trak({ tables: [boxBytes('stsz', uint32s(0, 7, 1))] }), trak({ id: SOUND }), mvex()), first])],
  ['an edit list that begins twice', concat([headWith(trak({ edits: edits({ duration: 5, mediaTime: 0 }, { duration: 5, mediaTime: 900 }) }), trak({ id: SOUND }), mvex()), first])],
  ['an edit list that plays slowly', concat([headWith(trak({ edits: edits({ duration: 0, mediaTime: 0, rate: 0x8000 }) }), trak({ id: SOUND }), mvex()), first])],
  ['an edit list cut short', concat([headWith(trak({ edits: [boxBytes('edts', boxBytes('elst', uint32s(0, 9)))] }), trak({ id: SOUND }), mvex()), first])],
  ['a moov with a child that is larger', concat([ftyp(), boxBytes('moov', uint32s(999), text('mvhd')), first])],
  ['a head too large', concat([ftyp(), uint32s(MAX_HEAD_BYTES), text('free'), new Uint8Array(999)])],
  ['a first fragment of another track', concat([head, fragment([{ id: 7, runs: [run()] }])])],
  ['a first fragment that is encrypted', concat([head, fragment([{ id: PICTURE, runs: [run()], others: [boxBytes('senc', uint32s(0, 0))] }])])],
  ['media without a moof', concat([head, boxBytes('mdat', new Uint8Array(99)), first])],
]) {
  test(`${name}: passes through untouched`, () => {
    for (const size of [1, 1000, Math.max(1, input.length)]) {
      const { mp4, output } = pass(slicesOf(input, () => size));
      assert.ok(output.equals(input), `in slices of ${size}`);
      assert.equal(mp4.seekable, false);
      assert.equal(mp4.headBytes, 0);
      assert.deepEqual(mp4.patches(), []);
      assert.equal(mp4.droppedBytes, 0);
      assert.equal(mp4.durationMs, 0);
    }
  });
}

for (const [name, input] of [
  ['a head cut short', head.subarray(0, -1)],
  ['a head alone', head],
  ['a head and half a fragment', concat([head, first.subarray(0, -1)])],
  ['a head and what stands between fragments', concat([head, boxBytes('styp', text('msdh')), boxBytes('sidx', uint32s(0))])],
]) {
  test(`${name}: there is nothing to play, and nothing comes out`, () => {
    for (const size of [1, input.length]) {
      const { mp4, output } = pass(slicesOf(input, () => size));
      assert.equal(output.length, 0);
      assert.equal(mp4.droppedBytes, input.length);
      assert.deepEqual(mp4.patches(), []);
      assert.equal(mp4.ending, null);
    }
  });
}

test('what cannot be MP4 is not held back', () => {
  const mp4 = new SeekableMp4();
  const start = readFixture('chromium-opus.webm').subarray(0, 500);
  assert.deepEqual(Buffer.concat(mp4.push(start)), Buffer.from(start));
  assert.equal(mp4.heldBytes, 0);
});

const moofOf = (bytes) => bytes.subarray(0, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));

const whole = concat([head, first, secondOf(1)]);
const live = pass([whole], undefined, { provisional: true }).output;

for (const [name, strange] of [
  ['an unknown box', concat([boxBytes('uuid', new Uint8Array(20)), secondOf(2)])],
  ['bytes that are no box', concat([new Uint8Array(20), secondOf(2)])],
  ['a second recording', concat([head, first])],
  ['a second moov', concat([moov(), secondOf(2)])],
  ['a box that goes on to the end', concat([uint32s(0), text('mdat'), new Uint8Array(50)])],
  ['media without a moof', concat([boxBytes('mdat', new Uint8Array(20)), secondOf(2)])],
  ['a moof without media', concat([moofOf(secondOf(2)), secondOf(3)])],
  ['a moof and something else', concat([moofOf(secondOf(2)), boxBytes('free', new Uint8Array(2100))])],
  ['time that goes backwards', secondOf(0)],
  ['a gap that no table can say', fragment([{ id: PICTURE, time: 2 ** 33, runs: [run()] }])],
  ['a time that is no number', fragment([{ id: PICTURE, time: 2 ** 60, runs: [run()] }])],
  ['samples outside of the mdat', fragment([{ id: PICTURE, time: 60_000, runs: [run()], base: 'absolute' }])],
  ['a fragment of another track', fragment([{ id: 7, time: 60_000, runs: [run()] }])],
  ['a track fragment without its header', concat([boxBytes('moof', boxBytes('traf', new Uint8Array(0))), boxBytes('mdat', new Uint8Array(9))])],
  ['encryption', fragment([{ id: PICTURE, time: 60_000, runs: [run()], others: [boxBytes('senc', uint32s(0, 0))] }])],
  ['a box that is not known in a moof', fragment([{ id: PICTURE, time: 60_000, runs: [run()] }], { more: [boxBytes('pssh', uint32s(0, 0))] })],
  ['more samples than there are bytes', concat([boxBytes('moof', boxBytes('traf', boxBytes('tfhd', uint32s(0, 1)), boxBytes('trun', uint32s(0, 2 ** 31)))), boxBytes('mdat', new Uint8Array(9))])],
  ['a trun cut short', concat([boxBytes('moof', boxBytes('traf', boxBytes('tfhd', uint32s(0, 1)), boxBytes('trun', uint32s(0x301, 9, 0)))), boxBytes('mdat', new Uint8Array(9))])],
  ['a size that swallows fragments', concat([moofOf(secondOf(2)), uint32s(99_999), text('mdat'), secondOf(3)])],
  ['a fragment above the limit', concat([uint32s(65 * 2 ** 20), text('moof'), new Uint8Array(20)])],
  ['media above the limit', concat([moofOf(secondOf(2)), largeHeader('mdat', 2 ** 40), new Uint8Array(20)])],
]) {
  test(`${name}, in the middle: what was before plays, the rest is as it came`, () => {
    const input = concat([whole, strange]);
    for (const size of [1, 7, input.length]) {
      const { mp4, output } = pass(slicesOf(input, () => size));
      assert.ok(output.subarray(0, live.length).equals(live), `in slices of ${size}`);
      assert.ok(output.subarray(live.length).equals(strange));
      assert.equal(mp4.droppedBytes, 0);
      assert.equal(mp4.ending, null);
      assert.ok(patch(output, mp4.patches()).equals(output), 'nobody knows how long it is');
      assert.deepEqual(mediaOf(output.subarray(0, live.length)), mediaOf(whole));
    }
  });
}

test('where it stops making sense after a checkpoint, the checkpoint is taken back', () => {
  const mp4 = new SeekableMp4();
  const stored = mp4.push(whole);
  const checkpoint = mp4.patches();
  const output = Buffer.concat([...stored, ...mp4.push(boxBytes('uuid', new Uint8Array(20))), ...mp4.finish()]);
  assert.ok(!patch(output, checkpoint).equals(output));
  assert.ok(patch(patch(output, checkpoint), mp4.patches()).equals(output));
});

test('what follows a misunderstanding is not held back', () => {
  const mp4 = new SeekableMp4();
  mp4.push(concat([whole, new Uint8Array(8)]));
  assert.deepEqual(mp4.push(Uint8Array.of(1, 2, 3)), [Uint8Array.of(1, 2, 3)]);
});

test('what follows the end passes through, and the file is one of fragments again', () => {
  const { mp4, output } = pass([whole]);
  assert.deepEqual(mp4.push(secondOf(2)).length, 1);
  assert.deepEqual(mp4.finish(), []);
  assert.deepEqual(walk(patch(output, mp4.patches())).fragmented, true);
});

for (const cutBytes of [1, 7, 8, 300, 1500]) {
  test(`${cutBytes} bytes of a fragment cut short are dropped and counted`, () => {
    const { mp4, output } = pass([concat([whole, secondOf(2).subarray(0, cutBytes)])]);
    assert.equal(mp4.droppedBytes, cutBytes);
    assert.equal(mp4.ending, 'front');
    assert.deepEqual(mediaOf(patch(output, mp4.patches())), mediaOf(whole));
  });
}

test('a fragment that is whole does not wait for the next', () => {
  const mp4 = new SeekableMp4();
  assert.equal(mp4.push(concat([head, first])).length, 2, 'the head and the fragment');
  assert.equal(mp4.heldBytes, 0);
});

test('without NOT_SYNC every sample is one to begin with, and no table says so', () => {
  const input = concat([head, fragment([{ id: PICTURE, time: 0, runs: [run(5)] }])]);
  const { file } = ordinary(input);
  assert.ok(walk(file).tracks[0].samples.every(({ key }) => key));
  assert.ok(!file.includes('stss'));
  assert.ok(ordinary(concat([head, fragment([{ id: PICTURE, runs: [{ ...run(5), flags: Array(5).fill(NOT_SYNC) }] }])])).file.includes('stss'));
});
