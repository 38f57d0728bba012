import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeekableWebm } from '../../webm/seekable.js';
import { patch, randomFrom, slicesOf } from '../lib/rewriting.js';
import { mediaOf, pass, RECORDINGS } from './recordings.js';

const RUNS = 40;

/** What can happen to bytes. */
const DAMAGE = [
  (bytes, random) => { bytes[random(bytes.length)] = random(256); },
  (bytes, random) => { bytes[random(400)] = random(256); },
  (bytes, random) => bytes.fill(0, random(bytes.length), random(bytes.length)),
  (bytes, random) => bytes.copyWithin(random(bytes.length), random(bytes.length), random(bytes.length)),
  (bytes, random) => { bytes[bytes.indexOf(0xa3, random(bytes.length)) + 1] = random(256); },
];

for (const { name, raw } of RECORDINGS) {
  test(`${name}, damaged: never throws, loses no block, does not depend on slices`, () => {
    const random = randomFrom(raw.length);
    for (let run = 0; run < RUNS; run++) {
      const input = raw.slice(0, 1 + random(raw.length));
      for (let i = random(4); i >= 0; i--) DAMAGE[random(DAMAGE.length)](input, random);
      const { webm, output } = pass([input]);
      assert.deepEqual(mediaOf(patch(output, webm.patches())), mediaOf(input), `run ${run}`);
      if (!webm.seekable) assert.ok(output.equals(input), `run ${run}`);

      const again = pass(slicesOf(input, () => 1 + random(2000)));
      assert.ok(again.output.equals(output), `run ${run}`);
      assert.deepEqual(again.webm.snapshot(), webm.snapshot(), `run ${run}`);
    }
  });
}

test('random bytes pass through', () => {
  const random = randomFrom(1);
  for (let run = 0; run < 1000; run++) {
    const input = Uint8Array.from({ length: random(300) }, () => random(256));
    assert.ok(pass([input]).output.equals(input));
  }
});

test('a damaged recording goes on from a snapshot', () => {
  const { raw } = RECORDINGS[0];
  const random = randomFrom(2);
  for (let run = 0; run < RUNS; run++) {
    const input = raw.slice();
    DAMAGE[random(DAMAGE.length)](input, random);
    const killedAt = random(input.length);
    const killed = new SeekableWebm();
    const stored = killed.push(input.subarray(0, killedAt));
    const snapshot = structuredClone(killed.snapshot());
    const rest = pass([input.subarray(snapshot.rawOffset)], SeekableWebm.restore(snapshot));
    assert.ok(Buffer.concat([...stored, rest.output]).equals(pass([input]).output), `run ${run}`);
  }
});
