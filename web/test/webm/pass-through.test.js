import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '../../container/concat.js';
import { element, liveHeader, sizeBytes, toBytes, uintElement, voidElement } from '../../webm/ebml.js';
import { MAX_HEAD_BYTES } from '../../webm/head.js';
import { AUDIO, ID, VIDEO } from '../../webm/matroska.js';
import { SeekableWebm } from '../../webm/seekable.js';
import { patch, slicesOf } from '../lib/rewriting.js';
import {
  blockGroup, cluster, ebml, head, info, live, PICTURE, simpleBlock, SOUND, text, timestamp, track, tracks,
} from './live.js';
import { mediaOf, OTHERS, pass, readFixture, RECORDINGS } from './recordings.js';
import { walk } from './walk.js';

const segment = (...content) => concat([ebml(), live(ID.Segment, ...content)]);
const block = (offset, what) => simpleBlock(PICTURE, offset, what);
const opened = cluster(0, block(0));

for (const [name, input] of [
  ...OTHERS.map((file) => [file, readFixture(file)]),
  ['nothing', new Uint8Array(0)],
  ['a first byte', Uint8Array.of(0x1a)],
  ['zeros', new Uint8Array(5000)],
  ['text', new TextEncoder().encode('WEBVTT\n\n'.repeat(99))],
  ['another DocType', concat([ebml('webp'), live(ID.Segment, info(), tracks()), opened])],
  ['an EBML header without DocType', concat([element(ID.EBML), live(ID.Segment, info(), tracks()), opened])],
  ['no Segment', concat([ebml(), info(), tracks(), opened])],
  ['a Segment of known size, as in a finished file', concat([ebml(), element(ID.Segment, info(), tracks(), opened)])],
  ['no Info', segment(tracks(), opened)],
  ['no Tracks', segment(info(), opened)],
  ['Tracks without a track', segment(info(), element(ID.Tracks), opened)],
  ['Tracks twice', segment(info(), tracks(), tracks(), opened)],
  ['Info of unknown size', segment(live(ID.Info, uintElement(ID.TimestampScale, 1e6)), tracks(), opened)],
  ['Info with a child that is larger', segment(element(ID.Info, toBytes(ID.TimestampScale), sizeBytes(9), [1]), tracks(), opened)],
  ['a TimestampScale of 0', segment(element(ID.Info, uintElement(ID.TimestampScale, 0)), tracks(), opened)],
  ['an unknown element in the head', segment(info(), tracks(), element(0x1abcdef0), opened)],
  ['a head too large', segment(info(), toBytes(ID.Void), sizeBytes(MAX_HEAD_BYTES), new Uint8Array(999))],
]) {
  test(`${name}: passes through untouched`, () => {
    for (const size of [1, 1000, Math.max(1, input.length)]) {
      const { webm, output } = pass(slicesOf(input, () => size));
      assert.ok(output.equals(input), `in slices of ${size}`);
      assert.equal(webm.seekable, false);
      assert.equal(webm.headBytes, 0);
      assert.deepEqual(webm.patches(), []);
      assert.equal(webm.droppedBytes, 0);
    }
  });
}

for (const [name, input] of [
  ['a head cut short', head.subarray(0, -1)],
  ['a head without a Cluster', head],
]) {
  test(`${name}: there is nothing to play, and nothing comes out`, () => {
    const { webm, output } = pass([input]);
    assert.equal(output.length, 0);
    assert.equal(webm.droppedBytes, input.length);
    assert.deepEqual(webm.patches(), []);
  });
}

test('what cannot be WebM is not held back', () => {
  for (const file of OTHERS) {
    const webm = new SeekableWebm();
    const start = readFixture(file).subarray(0, 500);
    assert.deepEqual(Buffer.concat(webm.push(start)), Buffer.from(start));
    assert.equal(webm.heldBytes, 0);
  }
});

const firstCluster = concat([head, cluster(0, block(0), block(40, { flags: 0 }))]);
const whole = concat([firstCluster, cluster(1000, block(0), block(40, { flags: 0 }))]);
const clusterOfKnownSize = (size, ...content) => concat([toBytes(ID.Cluster), sizeBytes(size), ...content]);

for (const [name, strange] of [
  ['an unknown element', concat([element(0x1abcdef0, [1, 2, 3]), cluster(2000, block(0))])],
  ['bytes that are no element', concat([[0, 0, 0], cluster(2000, block(0))])],
  ['a second recording', concat([head, cluster(0, block(0))])],
  ['a Cluster without Timestamp', concat([live(ID.Cluster, block(0)), cluster(3000, block(0))])],
  ['a Cluster with nothing in it', concat([live(ID.Cluster), cluster(3000, block(0))])],
  ['a Cluster with two Timestamps', cluster(2000, block(0), timestamp(2100), block(0))],
  ['a Timestamp that is no time', cluster(2 ** 48, block(0))],
  ['a Cluster smaller than its block', clusterOfKnownSize(8, timestamp(2000), block(0), block(10))],
  ['a Cluster of known size with an unknown child', element(ID.Cluster, timestamp(2000), element(0xaf, [1]), block(0))],
  ['a BlockGroup of unknown size', cluster(2000, live(ID.BlockGroup), block(0))],
  ['a BlockGroup without a Block', cluster(2000, element(ID.BlockGroup, uintElement(ID.BlockDuration, 1)))],
  ['a block too short for its header', cluster(2000, element(ID.SimpleBlock, [0x81, 0, 0]))],
  ['a block without a track', cluster(2000, element(ID.SimpleBlock, [0, 0, 0, 0]))],
  ['a size that swallows Clusters', cluster(2000, toBytes(ID.SimpleBlock), sizeBytes(9999), cluster(3000, block(0)))],
  ['a block above the limit', cluster(2000, toBytes(ID.SimpleBlock), sizeBytes(64 * 1024 * 1024))],
]) {
  test(`${name}, in the middle: what was before is seekable, the rest is as it came`, () => {
    const input = concat([whole, strange]);
    const before = pass([firstCluster]).output;
    for (const size of [1, 7, input.length]) {
      const { webm, output } = pass(slicesOf(input, () => size));
      assert.deepEqual(mediaOf(output), mediaOf(input));
      assert.ok(output.subarray(0, before.length).equals(before));
      assert.ok(output.subarray(-strange.length).equals(strange));
      assert.equal(webm.droppedBytes, 0);

      const sought = walk(patch(output, webm.patches(before.length)).subarray(0, before.length), { cut: true });
      assert.ok(sought.live, 'a reader would not look behind the Segment');
      assert.ok(sought.durationMs >= 40);
    }
  });
}

test('what follows a misunderstanding is not held back', () => {
  const webm = new SeekableWebm();
  webm.push(concat([whole, [0, 0, 0]]));
  assert.deepEqual(webm.push(Uint8Array.of(1, 2, 3)), [Uint8Array.of(1, 2, 3)]);
});

test('what follows the end passes through', () => {
  const { webm } = pass([whole]);
  assert.deepEqual(webm.push(Uint8Array.of(1, 2, 3)), [Uint8Array.of(1, 2, 3)]);
  assert.deepEqual(webm.finish(), []);
});

test('laced blocks, groups and their durations pass as they are, and count', () => {
  const input = concat([
    head,
    cluster(0, block(0), simpleBlock(SOUND, 0, { flags: 0x86, frame: [1, 0x81, 7, 8, 9] }), blockGroup(SOUND, 20, uintElement(ID.BlockDuration, 120))),
  ]);
  const { webm, output } = pass([input]);
  assert.deepEqual(mediaOf(output), mediaOf(input));
  assert.equal(webm.durationMs, 140);
});

test('what positions there were is replaced, and descriptions stay', () => {
  const tags = element(ID.Tags, element(ID.Void, [1]));
  const input = concat([
    ebml(), live(ID.Segment, element(ID.SeekHead), voidElement(40), info(), tracks(), tags),
    live(ID.Cluster, uintElement(ID.Position, 7), uintElement(ID.PrevSize, 7), timestamp(0), voidElement(4), block(0)),
    element(ID.Cues, [0xec, 0x80]),
    cluster(1000, block(0)),
  ]);
  const { webm, output } = pass([input]);
  const { cues, clusters } = walk(patch(output, webm.patches()));
  assert.equal(clusters.length, 2);
  assert.equal(cues.length, 2);
  assert.ok(output.includes(tags));
});

test('a Cluster of known size does not wait for the next', () => {
  const webm = new SeekableWebm();
  webm.push(head);
  assert.equal(webm.push(element(ID.Cluster, timestamp(0), block(0))).length, 2);
  assert.equal(webm.heldBytes, 0);
});

function cueTimes(input) {
  const { webm, output } = pass([input]);
  return walk(patch(output, webm.patches())).cues.map(({ time }) => time);
}

test('times that go back get no Cue', () => {
  assert.deepEqual(cueTimes(concat([head, cluster(1000, block(0)), cluster(500, block(0)), cluster(2000, block(0))])), [1000, 2000]);
});

test('a picture is sought by its keyframes, sound by any block', () => {
  const input = (type) => concat([ebml(), live(ID.Segment, info(), tracks(track(1, type))), cluster(0, simpleBlock(1, 0, { flags: 0 })), cluster(1000, simpleBlock(1, 0))]);
  assert.deepEqual(cueTimes(input(VIDEO)), [1000]);
  assert.deepEqual(cueTimes(input(AUDIO)), [0, 1000]);
});

test('the picture is sought, though sound may come first', () => {
  const input = concat([
    ebml(), live(ID.Segment, info(), tracks(track(SOUND, AUDIO), track(PICTURE, VIDEO))),
    cluster(0, simpleBlock(SOUND, 0), block(0, { flags: 0 })), cluster(1000, simpleBlock(SOUND, 0), block(20)),
  ]);
  assert.deepEqual(cueTimes(input), [1020]);
});

test('a group is a keyframe where it refers to no other block', () => {
  const referring = blockGroup(PICTURE, 0, element(ID.ReferenceBlock, [0xff]));
  assert.deepEqual(cueTimes(concat([head, cluster(0, referring), cluster(1000, blockGroup(PICTURE, 0), referring)])), [1000]);
});

test('a block may lie before its Timestamp', () => {
  assert.deepEqual(cueTimes(concat([head, cluster(1000, block(-40), block(0))])), [960]);
});

for (const cutBytes of [1, 3, 5]) {
  test(`the ${cutBytes} bytes of a block cut short are dropped and counted`, () => {
    const { webm, output } = pass([concat([whole, block(80).subarray(0, cutBytes)])]);
    assert.equal(webm.droppedBytes, cutBytes);
    assert.ok(output.equals(pass([whole]).output));
  });
}

test('an unpatched Segment stays open to what follows', () => {
  const { output } = pass([RECORDINGS[0].raw]);
  assert.ok(output.includes(Buffer.from(liveHeader(ID.Segment))));
});

test('a DocType that is longer than any is another', () => {
  const { webm } = pass([concat([element(ID.EBML, text(ID.DocType, 'webm'.repeat(99))), live(ID.Segment, info(), tracks()), opened])]);
  assert.equal(webm.seekable, false);
});

test('a DocType may end in zeros', () => {
  const input = concat([ebml('webm\0\0\0\0'), live(ID.Segment, info(), tracks()), opened]);
  const { webm, output } = pass(slicesOf(input, () => 1));
  assert.deepEqual(walk(patch(output, webm.patches())).live, false);
});

test('an EBML header that comes twice is written once', () => {
  const rest = concat([live(ID.Segment, info(), tracks()), opened]);
  const once = pass([concat([ebml(), rest])]);
  for (const size of [1, 1000]) {
    const { webm, output } = pass(slicesOf(concat([ebml(), ebml(), rest]), () => size));
    assert.ok(output.equals(once.output));
    assert.deepEqual(webm.patches(), once.webm.patches());
  }
});

test('an EBML header of something else behind the first is not understood', () => {
  const input = concat([ebml(), ebml('webp'), live(ID.Segment, info(), tracks()), opened]);
  assert.ok(pass([input]).output.equals(input));
});
