/** What else writers do, or are allowed to. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '../../container/concat.js';
import { uint32s } from '../../mp4/box-writer.js';
import { SeekableMp4 } from '../../mp4/seekable.js';
import { patch, slicesOf } from '../lib/rewriting.js';
import {
  boxBytes, edits, fragment, ftyp, head, moov, mvex, mvhd, NOT_SYNC, PICTURE, samples, secondOf, SOUND, text, trak, trex, varied,
} from './live.js';
import { FORMS, ordinary, pass, recording } from './recordings.js';
import { mediaOf, walk } from './walk.js';

const headWith = (tracks, { timescale } = {}) => concat([ftyp(), moov(mvhd({ timescale }), ...tracks, mvex())]);
const picture = (time, how = {}) => ({ id: PICTURE, time, runs: [{ data: varied(100), durations: Array(100).fill(100), firstFlags: 0 }], defaults: { flags: NOT_SYNC }, ...how });
const sound = (time, how = {}) => ({ id: SOUND, time, runs: [{ data: varied(100), durations: Array(100).fill(96) }], ...how });
/** A hundred numbers. */
const again = (...numbers) => Array(100 / numbers.length).fill(numbers).flat();
const track = (file, id) => walk(file).tracks.find((candidate) => candidate.id === id);

for (const { what, input, small = false } of [
  { what: 'styp, sidx and the like between fragments', input: concat([head, boxBytes('styp', text('msdh')), boxBytes('sidx', uint32s(0)), secondOf(0), boxBytes('prft', uint32s(0)), secondOf(1), boxBytes('styp', text('msdh')), secondOf(2)]) },
  { what: 'groups of samples and the like in a fragment', input: concat([head, fragment([picture(0, { others: [boxBytes('sgpd', uint32s(0, 0)), boxBytes('sbgp', uint32s(0, 0)), boxBytes('sdtp', uint32s(0)), boxBytes('subs', uint32s(0, 0))] }), sound(0)])]) },
  { what: 'one fragment for each track', input: concat([head, fragment([sound(0)]), fragment([picture(0)]), fragment([sound(9600)]), fragment([picture(10_000)])]) },
  { what: 'data that is counted from the track before', input: concat([head, fragment([picture(0, { base: 'implied' }), sound(0, { base: 'implied' })]), fragment([picture(10_000, { base: 'implied' }), sound(9600, { base: 'implied' })])]) },
  { what: 'several runs for a track', input: concat([head, fragment([picture(0, { runs: [...picture(0).runs, ...picture(0).runs] }), sound(0)]), fragment([picture(20_000)])]) },
  { what: 'no times, one after the other', input: concat([head, fragment([picture(null, { runs: [...picture(0).runs, ...picture(0).runs] })]), fragment([picture(null), sound(null)])]) },
  { what: 'durations that are guesses: the next time is right', input: concat([head, fragment([picture(0)]), fragment([picture(10_007)]), fragment([picture(19_990)])]) },
  { what: 'a pause of an hour', input: concat([head, fragment([picture(0), sound(0)]), fragment([picture(30_000 * 3600), sound(48_000 * 3600)])]) },
  { what: 'sizes and durations that are said once', input: concat([head, fragment([picture(0, { runs: [{ data: samples(50), sizes: false }], defaults: { size: 20, duration: 600 } })])]), small: true },
  { what: 'sizes and durations in the head', input: concat([ftyp(), moov(mvhd(), trak(), mvex(trex(PICTURE, { size: 20, duration: 600 }))), fragment([{ id: PICTURE, time: 0, runs: [{ data: samples(50), sizes: false }] }])]), small: true },
  { what: 'pictures that are shown in another order', input: concat([head, fragment([picture(0, { runs: [{ data: varied(100), durations: again(100), offsets: again(100, 300, 100, 100) }] })])]) },
  { what: 'offsets below 0', input: concat([head, fragment([picture(0, { runs: [{ data: varied(100), durations: again(100), offsets: again(0, 200, -100, -100) }] })])]) },
  { what: 'keys anywhere', input: concat([head, fragment([picture(0, { runs: [{ data: varied(100), durations: again(100), flags: again(NOT_SYNC, 0) }] })])]) },
  { what: 'samples of no bytes', input: concat([head, fragment([picture(0, { runs: [{ data: [...varied(98), ...samples(2, 0)], durations: again(100) }] }), sound(0)])]) },
  { what: 'samples of no bytes alone', input: concat([head, fragment([picture(0, { runs: [{ data: samples(3, 0), durations: Array(3).fill(1000) }] }), sound(0)])]) },
  { what: 'a fragment of nothing', input: concat([head, fragment([picture(0)]), fragment([]), fragment([picture(10_000, { runs: [] })]), fragment([picture(10_000)])]) },
  { what: 'a picture that is turned', input: concat([headWith([trak({ turned: true }), trak({ id: SOUND })]), secondOf(0)]) },
  { what: 'the priming of AAC, left out by an edit', input: concat([headWith([trak(), trak({ id: SOUND, edits: edits({ duration: 0, mediaTime: 2112 }) })]), secondOf(0), secondOf(1)]) },
  { what: 'an edit that waits', input: concat([headWith([trak({ edits: edits({ duration: 500, mediaTime: -1 }, { duration: 0, mediaTime: 0 }) }), trak({ id: SOUND })]), secondOf(0), secondOf(1)]) },
  { what: 'a track that begins late', input: concat([head, fragment([sound(0)]), fragment([picture(15_000), sound(9600)])]) },
  { what: 'a track that begins late, at no millisecond', input: concat([head, fragment([sound(0)]), fragment([picture(15_001), sound(9600)])]) },
  { what: 'a movie in days', input: concat([headWith([trak(), trak({ id: SOUND })], { timescale: 240_000 }), fragment([sound(0)]), fragment([sound(48_000 * 60_000)])]) },
]) {
  for (const { place, reserveBytes } of FORMS.filter(({ place }) => !(small && place === 'end'))) {
    test(`${what}: plays as before (${place})`, () => {
      const { mp4, file } = ordinary(input, reserveBytes);
      assert.equal(mp4.ending, place);
      assert.equal(mp4.droppedBytes, 0);
      assert.deepEqual(mediaOf(file), mediaOf(input));
      assert.equal(walk(file).fragmented, false);
      const slowly = pass(slicesOf(input, () => 1), new SeekableMp4({ reserveBytes }));
      assert.ok(patch(slowly.output, slowly.mp4.patches()).equals(file), 'a byte at a time');
      const { output, mp4: open } = pass([input], undefined, { provisional: true });
      assert.deepEqual(mediaOf(patch(output, open.patches())), mediaOf(input), 'a checkpoint');
    });
  }
}

test('a first ftyp that comes twice is written once', () => {
  const raw = concat([ftyp(), ftyp(), moov(), secondOf(0)]);
  const { output } = pass([raw], undefined, { provisional: true });
  assert.deepEqual(walk(output).types, ['ftyp', 'moov', 'free', 'moof', 'mdat']);
});

test('a moof that comes twice is written once', () => {
  const second = secondOf(1);
  const moof = second.subarray(0, new DataView(second.buffer, second.byteOffset).getUint32(0));
  const raw = concat([head, secondOf(0), moof, second]);
  for (const size of [1, 500, raw.length]) {
    const { output, mp4 } = pass(slicesOf(raw, () => size), undefined, { provisional: true });
    assert.deepEqual(walk(output).types, ['ftyp', 'moov', 'free', 'moof', 'mdat', 'moof', 'mdat']);
    assert.equal(mp4.droppedBytes, 0);
  }
  const { output, file } = ordinary(concat([head, moof, second]));
  assert.equal(walk(file).tracks[0].samples.length, 30, 'also where it is the first');
  assert.ok(output.length > 0);
});

test('a moof that comes three times is none of ours', () => {
  const second = secondOf(1);
  const moof = second.subarray(0, new DataView(second.buffer, second.byteOffset).getUint32(0));
  assert.equal(ordinary(concat([head, secondOf(0), moof, moof, second])).mp4.ending, null);
});

test('an index of fragments is left out, as its positions are wrong', () => {
  const mfra = boxBytes('mfra', boxBytes('mfro', uint32s(0, 24)));
  const { output, mp4 } = pass([concat([head, secondOf(0), mfra, secondOf(1), mfra])], undefined, { provisional: true });
  assert.ok(!output.includes('mfra'));
  assert.equal(mp4.droppedBytes, 0);
});

test('positions from the beginning of the file move with it', () => {
  const input = concat([head, fragment([picture(0, { base: 'absolute' }), sound(0, { base: 'absolute' })], { at: head.length })]);
  const live = pass([input], undefined, { provisional: true }).output;
  assert.ok(live.length > input.length + 100_000);
  for (const file of [live, ordinary(input).file, ordinary(input, 256).file]) assert.deepEqual(mediaOf(file), mediaOf(input));
});

test('a track that nothing came of is left out', () => {
  const { file } = ordinary(concat([head, fragment([picture(0)])]));
  assert.deepEqual(walk(file).tracks.map(({ id }) => id), [PICTURE]);
});

test('where nothing came of any track there is no moov to write', () => {
  const { mp4, output, file } = ordinary(concat([head, fragment([])]));
  assert.equal(mp4.ending, null);
  assert.ok(output.equals(file));
});

test('rotation and what else a track says of itself stay', () => {
  const turned = concat([headWith([trak({ turned: true }), trak({ id: SOUND })]), secondOf(0)]);
  const { file } = ordinary(turned);
  assert.ok(file.includes(uint32s(0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)));
});

test('the priming of AAC is not heard, nor counted', () => {
  const input = concat([headWith([trak({ id: SOUND, edits: edits({ duration: 0, mediaTime: 2112 }) })]), fragment([sound(0)]), fragment([sound(9600)])]);
  const { file, mp4 } = ordinary(input);
  assert.equal(Math.round(mp4.durationMs * 48), 19_200 - 2112);
  assert.equal(track(file, SOUND).samples[0].shown, -2112);
  assert.equal(walk(file).durationMs, Math.round((19_200 - 2112) / 48));
});

test('a track that begins late waits for exactly that long', () => {
  const { file } = ordinary(concat([head, fragment([sound(0)]), fragment([picture(15_001), sound(9600)])]));
  assert.equal(track(file, PICTURE).samples[0].shown, 15_001);
});

test('a time scale that 32 bits cannot say is not wanted', () => {
  const tracks = [trak({ timescale: 2 ** 31 - 1 }), trak({ id: SOUND, timescale: 2 ** 31 - 19 })];
  const { file } = ordinary(concat([headWith(tracks), fragment([sound(0)]), fragment([picture(15_001), sound(9600)])]));
  assert.equal(walk(file).fragmented, false);
});

test('a picture of another kind of decoder stays with its own', () => {
  const [one, other] = [trak(), trak({ id: SOUND })];
  const { file } = ordinary(concat([ftyp(), moov(mvhd(), one, other, mvex()), fragment([picture(0)])]));
  const stsc = file.indexOf('stsc');
  assert.deepEqual([...file.subarray(stsc + 4, stsc + 24)].filter((byte) => byte), [1, 1, 100, 1]);
});

test('a sound with a sample a tick takes no index of its own for each', () => {
  const pcm = (second) => fragment([{ id: SOUND, time: second * 48_000, runs: [{ data: samples(48_000, 2), sizes: false }], defaults: { size: 2, duration: 1 } }]);
  const { mp4, file } = ordinary(concat([headWith([trak({ id: SOUND })]), pcm(0), pcm(1)]), 1024);
  assert.equal(mp4.ending, 'front');
  assert.ok(mp4.index.length < 64, `${mp4.index.length} bytes`);
  assert.equal(track(file, SOUND).samples.length, 96_000);
});

