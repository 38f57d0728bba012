import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '../../container/concat.js';
import { SeekableWebm } from '../../webm/seekable.js';
import { patch } from '../lib/rewriting.js';
import { cluster, head, PICTURE, simpleBlock } from './live.js';
import { pass } from './recordings.js';
import { walk } from './walk.js';

const KEYFRAME_MS = 2000;
const HOURS_10 = 10 * 3600 * 1000;

function* recordingOf(ms, frame = [1, 2, 3]) {
  yield head;
  for (let time = 0; time < ms; time += KEYFRAME_MS) {
    yield cluster(time, simpleBlock(PICTURE, 0, { frame }), simpleBlock(PICTURE, KEYFRAME_MS - 40, { flags: 0 }));
  }
}

test('ten hours are covered evenly by Cues that fit', () => {
  const { webm, output } = pass(recordingOf(HOURS_10));
  const { cues, durationMs } = walk(patch(output, webm.patches()));
  assert.equal(durationMs, HOURS_10);
  assert.ok(cues.length > 1000, `${cues.length} places`);
  const gaps = cues.map(({ time }, i) => (cues[i + 1]?.time ?? HOURS_10) - time);
  assert.equal(cues[0].time, 0);
  assert.ok(Math.max(...gaps) <= 16_000, `${Math.max(...gaps)} ms apart`);
  const snapshotBytes = JSON.stringify(webm.snapshot()).length;
  assert.ok(snapshotBytes < 250_000, `a snapshot of ${snapshotBytes} bytes`);
});

/** In 1024 bytes of reserve there is room for 44 CuePoints: (1024 - 8 - 2) / 23. */
for (const { name, clusters, places } of [
  { name: 'one below what fits', clusters: 43, places: 43 },
  { name: 'just what fits', clusters: 44, places: 44 },
  { name: 'one above what fits', clusters: 45, places: 44 },
  { name: 'a hundred times what fits', clusters: 4400, places: 44 },
]) {
  test(`${name}: ${clusters} Clusters, ${places} Cues`, () => {
    const { webm, output } = pass(recordingOf(clusters * KEYFRAME_MS), new SeekableWebm({ reserveBytes: 1024 }));
    const { cues } = walk(patch(output, webm.patches()));
    assert.equal(cues.length, places);
    assert.equal(cues[0].time, 0);
    assert.equal(cues.at(-1).time, (clusters - 1) * KEYFRAME_MS);
  });
}

for (const reserveBytes of [0, 1023, 4 * 1024 * 1024 + 1, NaN]) {
  test(`a reserve of ${reserveBytes} bytes is refused`, () => assert.throws(() => new SeekableWebm({ reserveBytes }), RangeError));
}

test('the largest reserve fits part 1', () => {
  const { webm } = pass(recordingOf(KEYFRAME_MS), new SeekableWebm({ reserveBytes: 4 * 1024 * 1024 }));
  assert.ok(webm.headBytes < 5 * 1024 * 1024);
});

test('holds back one Cluster, whatever came before', () => {
  const webm = new SeekableWebm();
  for (const piece of recordingOf(60_000, new Uint8Array(100_000))) {
    webm.push(piece);
    assert.ok(webm.heldBytes <= piece.length);
  }
});

test('takes below 1 % of a core at 6 Mbit/s', (t) => {
  const recording = concat([...recordingOf(80_000, new Uint8Array(1_500_000))]);
  const webm = new SeekableWebm();
  const before = process.cpuUsage();
  for (let at = 0; at < recording.length; at += 375_000) webm.push(recording.subarray(at, at + 375_000));
  const { user, system } = process.cpuUsage(before);
  const bytesPerSecond = recording.length / ((user + system) / 1e6);
  t.diagnostic(`${Math.round(bytesPerSecond / 1e6)} MB per second of one core`);
  assert.ok(bytesPerSecond * 0.01 > 6e6 / 8);
});
