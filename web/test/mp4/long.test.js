import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '../../container/concat.js';
import { SeekableMp4 } from '../../mp4/seekable.js';
import { patch } from '../lib/rewriting.js';
import { fragment, head, recordingOf, secondOf, SOUND } from './live.js';
import { pass } from './recordings.js';
import { mediaOf, walk } from './walk.js';

const HOUR_S = 3600;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What of an hour is in memory, and how long the moov took. */
const hour = (() => {
  const mp4 = new SeekableMp4();
  const usage = process.cpuUsage();
  let bytes = 0;
  for (const piece of recordingOf(HOUR_S)) for (const output of mp4.push(piece)) bytes += output.length;
  const pushMs = (process.cpuUsage(usage).user) / 1000;
  const { tailBytes, indexMemoryBytes: memoryBytes } = mp4;
  const snapshotBytes = JSON.stringify(mp4.snapshot()).length;
  const indexBytes = mp4.index.length;
  const before = process.cpuUsage();
  const moovBytes = mp4.finish().reduce((sum, { length }) => sum + length, 0);
  return { mp4, bytes, pushMs, tailBytes, memoryBytes, snapshotBytes, indexBytes, moovBytes, endMs: process.cpuUsage(before).user / 1000 };
})();

test('an hour takes 3 MB of memory at most, its moov included', (t) => {
  const { indexBytes, memoryBytes, moovBytes, endMs, pushMs } = hour;
  t.diagnostic(`index ${indexBytes} bytes in ${memoryBytes}, moov ${moovBytes}; taken in in ${pushMs.toFixed()} ms of CPU, which has made the recording too; ended in ${endMs.toFixed()}`);
  assert.ok(indexBytes > 300_000 && moovBytes > 1_500_000, 'it is as large as expected');
  assert.ok(memoryBytes <= 1.3 * indexBytes);
  assert.ok(memoryBytes + moovBytes <= 3_000_000, `${memoryBytes + moovBytes}`);
});

test('what an hour adds at its end is known within 1 kB', () => {
  assert.ok(hour.tailBytes >= hour.moovBytes && hour.tailBytes <= hour.moovBytes + 1000, `${hour.tailBytes} for ${hour.moovBytes}`);
});

test('a snapshot of an hour is as small as one of a second', () => {
  const short = new SeekableMp4();
  for (const piece of recordingOf(1)) short.push(piece);
  const shortBytes = JSON.stringify(short.snapshot()).length;
  assert.ok(hour.snapshotBytes < shortBytes + 200, `${hour.snapshotBytes} bytes, and ${shortBytes}`);
});

test('the index only grows: what of it was kept stays true', () => {
  const mp4 = new SeekableMp4();
  let kept = new Uint8Array(0);
  for (const piece of recordingOf(60)) {
    mp4.push(piece);
    assert.deepEqual(mp4.index.subarray(0, kept.length), kept);
    kept = mp4.index.slice();
  }
});

test('holds back one fragment, whatever came before', () => {
  const mp4 = new SeekableMp4();
  for (const piece of recordingOf(60, { frameBytes: 3000 })) {
    mp4.push(piece.subarray(0, -1));
    assert.ok(mp4.heldBytes <= piece.length + head.length);
    mp4.push(piece.subarray(-1));
  }
});

test('takes below 1 % of a core at 6 Mbit/s', (t) => {
  const pieces = [...recordingOf(80, { frameBytes: 25_000 })];
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const mp4 = new SeekableMp4();
  const before = process.cpuUsage();
  for (const piece of pieces) mp4.push(piece);
  const { user, system } = process.cpuUsage(before);
  const bytesPerSecond = bytes / ((user + system) / 1e6);
  t.diagnostic(`${Math.round(bytesPerSecond / 1e6)} MB per second of one core`);
  assert.ok(bytesPerSecond * 0.01 > 6e6 / 8);
});

/**
 * A recording whose first half ends so far behind its beginning: as if something else lay between, which is never made.
 *
 * @param {number} by bytes
 */
function afterAGapOf(by) {
  const mp4 = new SeekableMp4();
  const before = Buffer.concat([...mp4.push(head), ...mp4.push(secondOf(0)), ...mp4.push(secondOf(1))]);
  const snapshot = mp4.snapshot();
  const far = SeekableMp4.restore({ ...snapshot, bytes: snapshot.bytes + by }, mp4.index.slice());
  const after = Buffer.concat([...far.push(secondOf(2)), ...far.push(secondOf(3)), ...far.finish()]);
  return { before, after, far };
}

for (const gap of [0, 3 * GIB, 4.7e9, 2 ** 40]) {
  test(`a file of ${gap} bytes more: positions and sizes are right`, () => {
    const { before, after, far } = afterAGapOf(gap);
    const [{ at, bytes }] = far.patches();
    const moov = patch(before, [{ at, bytes }]);
    assert.equal(moov.includes('co64'), gap >= 4 * GIB - MIB);
    const mdatAt = moov.length - (before.length - far.headBytes) - 16;
    assert.equal(moov.toString('latin1', mdatAt + 4, mdatAt + 8), 'mdat');
    assert.equal(moov.readBigUInt64BE(mdatAt + 8), BigInt(before.length + gap + after.length - mdatAt), 'the size of the mdat');
    // The gap is taken out again, so that what is left can be read.
    const near = withoutGap(moov, gap, before.length);
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(before.length + after.length - mdatAt));
    size.copy(near, mdatAt + 8);
    const file = Buffer.concat([near, after]);
    assert.deepEqual(mediaOf(file), mediaOf(concat([head, ...[before.subarray(far.headBytes), after]])));
  });
}

/** Takes the gap from every position behind it. @param {Buffer} bytes @param {number} gap @param {number} from */
function withoutGap(bytes, gap, from) {
  const near = Buffer.from(bytes);
  for (let at = near.indexOf('co64'); at >= 0; at = near.indexOf('co64', at + 1)) {
    for (let i = 0; i < near.readUInt32BE(at + 8); i++) {
      const place = at + 12 + 8 * i;
      const value = Number(near.readBigUInt64BE(place));
      if (value >= from) near.writeBigUInt64BE(BigInt(value - gap), place);
    }
  }
  for (let at = near.indexOf('stco'); at >= 0; at = near.indexOf('stco', at + 1)) {
    for (let i = 0; i < near.readUInt32BE(at + 8); i++) {
      const place = at + 12 + 4 * i;
      if (near.readUInt32BE(place) >= from) near.writeUInt32BE(near.readUInt32BE(place) - gap, place);
    }
  }
  return near;
}

test('times that 32 bits cannot say are said in 64', () => {
  const years = 48_000 * 86_400 * 365;
  const late = fragment([{ id: SOUND, time: years, runs: [{ data: [Uint8Array.of(1)], durations: [960] }] }]);
  const { mp4, output } = pass([concat([head, late])]);
  const { durationMs } = walk(patch(output, mp4.patches()));
  assert.ok(Math.abs(durationMs - 365 * 86_400_000) < 1000, `${durationMs}`);
});

for (const { what, by, place } of [
  { what: 'fits exactly', by: 0, place: 'front' },
  { what: 'leaves a byte, which no box is small enough for', by: 1, place: 'end' },
  { what: 'leaves seven bytes', by: 7, place: 'end' },
  { what: 'leaves eight bytes, which make a box', by: 8, place: 'front' },
  { what: 'lacks a byte', by: -1, place: 'end' },
]) {
  test(`a moov that ${what}: ${place}`, () => {
    const pieces = [...recordingOf(20)];
    const atTheEnd = pass(pieces, new SeekableMp4({ reserveBytes: 256 }));
    const moovBytes = walk(patch(atTheEnd.output, atTheEnd.mp4.patches())).types.includes('moov') && tailOf(atTheEnd.output);
    // In front there is room for the head's moov and the reserve, less the header of the mdat.
    const moovOfHead = new DataView(head.buffer, head.byteOffset + 28).getUint32(0);
    const reserveBytes = moovBytes + 16 - moovOfHead + by;
    const { mp4, output } = pass(pieces, new SeekableMp4({ reserveBytes }));
    assert.equal(mp4.ending, place);
    assert.deepEqual(mediaOf(patch(output, mp4.patches())), mediaOf(concat(pieces)));
    const open = new SeekableMp4({ reserveBytes });
    for (const piece of pieces) open.push(piece);
    if (place === 'end') assert.ok(open.tailBytes >= moovBytes, 'and that was known before');
  });
}

/** How long the moov at the end is. @param {Buffer} output */
function tailOf(output) {
  return output.length - output.lastIndexOf('moov') + 4;
}

for (const reserveBytes of [0, 255, 4 * MIB + 1, NaN]) {
  test(`a reserve of ${reserveBytes} bytes is refused`, () => assert.throws(() => new SeekableMp4({ reserveBytes }), RangeError));
}

test('the largest reserve fits part 1', () => {
  const { mp4 } = pass(recordingOf(2), new SeekableMp4({ reserveBytes: 4 * MIB }));
  assert.ok(mp4.headBytes < 5 * MIB);
});

for (const { what, seconds, place } of [
  { what: 'fourteen minutes as Chromium records them have their moov in front', seconds: 14 * 60, place: 'front' },
  { what: 'twenty minutes have it at the end', seconds: 20 * 60, place: 'end' },
]) {
  test(what, () => assert.equal(pass(recordingOf(seconds)).mp4.ending, place));
}
