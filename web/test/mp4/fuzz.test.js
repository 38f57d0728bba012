import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeekableMp4 } from '../../mp4/seekable.js';
import { patch, randomFrom, slicesOf } from '../lib/rewriting.js';
import { pass, RECORDINGS } from './recordings.js';
import { mediaOf } from './walk.js';

const RUNS = 60;
/** No input of 20 kB may take longer than this, or a lie in it costs what it says. */
const MOST_MS = 2000;

/** What can happen to bytes. Most of it in the head and in the first moof, where it matters. */
const DAMAGE = [
  (bytes, random) => { bytes[random(bytes.length)] = random(256); },
  (bytes, random) => { bytes[random(Math.min(bytes.length, 2500))] = random(256); },
  (bytes, random) => { bytes[random(Math.min(bytes.length, 2500))] ^= 1 << random(8); },
  (bytes, random) => { bytes.fill(255, ...[0, random(8)].map((by) => 1200 + by + random(600))); },
  (bytes, random) => bytes.fill(0, random(bytes.length), random(bytes.length)),
  (bytes, random) => bytes.copyWithin(random(bytes.length), random(bytes.length), random(bytes.length)),
  (bytes, random) => { bytes[bytes.indexOf(0x6d, random(bytes.length)) - 2] = random(256); }, // a size before an m: moof, mdat, mfhd
];

/** @param {() => void} what */
function inTime(what) {
  const before = process.cpuUsage();
  what();
  const { user } = process.cpuUsage(before);
  assert.ok(user / 1000 < MOST_MS, `${user / 1000} ms`);
}

for (const { name, raw } of RECORDINGS) {
  test(`${name}, damaged: never throws, loses nothing that it does not count, does not depend on slices`, () => {
    const random = randomFrom(raw.length);
    for (let run = 0; run < RUNS; run++) {
      const input = raw.slice(0, 1 + random(raw.length));
      for (let i = random(4); i >= 0; i--) DAMAGE[random(DAMAGE.length)](input, random);
      inTime(() => {
        const { mp4, output } = pass([input]);
        for (const { at, bytes } of mp4.patches()) assert.ok(at + bytes.length <= mp4.headBytes, `run ${run}`);
        if (!mp4.seekable) assert.ok(output.equals(input), `run ${run}`);
        requireAll(input, { mp4, output }, `run ${run}`);
        const again = pass(slicesOf(input, () => 1 + random(2000)));
        assert.ok(again.output.equals(output), `run ${run}`);
        assert.deepEqual(again.mp4.snapshot(), mp4.snapshot(), `run ${run}`);
        assert.deepEqual(again.mp4.patches(), mp4.patches(), `run ${run}`);
      });
    }
  });
}

/**
 * Whatever is in the input is in the output, but for the head that is written anew, an index of fragments and a moof that
 * comes twice; and what breaks off, which is counted.
 */
function requireAll(input, { mp4, output }, which) {
  const left = mp4.droppedBytes + (mp4.headBytes > 0 ? 1300 : 0) + sizeOfIndex(input) + (input.length - Buffer.from(input).indexOf('moof') > 0 ? 600 : 0);
  assert.ok(output.length >= input.length - left, `${which}: ${output.length} of ${input.length}, ${mp4.droppedBytes} dropped`);
  if (mp4.droppedBytes > 0 || !mp4.seekable) return;
  const end = Buffer.from(input.subarray(-64));
  if (sizeOfIndex(input) === 0) assert.ok(output.includes(end), `${which}: the end`);
}

const sizeOfIndex = (input) => (Buffer.from(input).includes('mfra') ? 200 : 0);

test('what is damaged and still understood plays as the input does', () => {
  const random = randomFrom(3);
  let understood = 0;
  for (let run = 0; run < 300; run++) {
    const { raw } = RECORDINGS[random(RECORDINGS.length)];
    const input = raw.slice();
    DAMAGE[random(3)](input, random);
    const { mp4, output } = pass([input]);
    const before = played(input);
    if (!mp4.ending || !before) continue;
    understood++;
    assert.deepEqual(mediaOf(patch(output, mp4.patches())), before, `run ${run}`);
  }
  assert.ok(understood > 100, `${understood}`);
});

/** @param {Uint8Array} input @returns what it plays, or null where the strict reader refuses it */
function played(input) {
  try {
    return mediaOf(input);
  } catch {
    return null;
  }
}

test('random bytes pass through', () => {
  const random = randomFrom(1);
  for (let run = 0; run < 1000; run++) {
    const input = Uint8Array.from({ length: random(300) }, () => random(256));
    assert.ok(pass([input]).output.equals(input));
  }
});

test('random bytes behind a head lose nothing but a fragment cut short', () => {
  const random = randomFrom(4);
  const { raw } = RECORDINGS[0];
  const moof = raw.indexOf(0x6d, 1190);
  for (let run = 0; run < 500; run++) {
    const input = raw.slice(0, moof + random(600));
    for (let i = 0; i < 8; i++) input[moof + 4 + random(400)] = random(256);
    inTime(() => {
      const { mp4, output } = pass([input]);
      assert.ok(output.length + mp4.droppedBytes >= input.length, `run ${run}`);
    });
  }
});

test('a damaged recording goes on from a snapshot', () => {
  const random = randomFrom(2);
  for (let run = 0; run < RUNS; run++) {
    const { raw } = RECORDINGS[run % RECORDINGS.length];
    const input = raw.slice();
    DAMAGE[random(DAMAGE.length)](input, random);
    const killedAt = random(input.length);
    const killed = new SeekableMp4();
    const stored = killed.push(input.subarray(0, killedAt));
    const snapshot = structuredClone(killed.snapshot());
    const rest = pass([input.subarray(snapshot.rawOffset)], SeekableMp4.restore(snapshot, killed.index.slice()));
    assert.ok(Buffer.concat([...stored, rest.output]).equals(pass([input]).output), `run ${run}`);
  }
});
