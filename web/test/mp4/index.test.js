/** An index that was kept on a disk may come back as something else. Then the file stays one of fragments, and plays. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotUnderstood } from '../../container/not-understood.js';
import { SampleLog } from '../../mp4/sample-log.js';
import { SeekableMp4 } from '../../mp4/seekable.js';
import { patch, randomFrom } from '../lib/rewriting.js';
import { pass, recording } from './recordings.js';
import { mediaOf, walk } from './walk.js';

const { raw } = recording('chromium-avc-opus');

/** Killed after most of it, and restored with what the index is made to be. @param {(index: Uint8Array) => Uint8Array | undefined} spoil */
function restoredWith(spoil, reserveBytes = null) {
  const killed = new SeekableMp4({ reserveBytes });
  const stored = killed.push(raw.subarray(0, raw.length - 500));
  const snapshot = JSON.parse(JSON.stringify(killed.snapshot()));
  assert.ok(snapshot.movie.log.length > 200);
  const rest = pass([raw.subarray(snapshot.rawOffset)], SeekableMp4.restore(snapshot, spoil(killed.index.slice())));
  return { mp4: rest.mp4, output: Buffer.concat([...stored, rest.output]) };
}

const zeroed = (index) => new Uint8Array(index.length);

for (const [what, spoil] of [
  ['not there', () => undefined],
  ['empty', () => new Uint8Array(0)],
  ['cut short', (index) => index.subarray(0, -1)],
  ['all zeros', zeroed],
  ['zeros at the end', (index) => index.fill(0, 100)],
  ['a number without an end', (index) => index.fill(0xff, index.length - 40)],
  ['a run of very many samples', (index) => { index.set([0xff, 0xff, 0xff, 0xff, 0x7f], 8); return index; }],
  ['that of another recording', (index) => { const other = new SeekableMp4(); other.push(recording('chromium-vp9-opus').raw); return Uint8Array.from({ length: index.length }, (_, i) => other.index[i] ?? 0); }],
]) {
  for (const reserveBytes of [null, 256]) {
    test(`an index that is ${what}${reserveBytes ? ', with no room in front' : ''}: the file stays one of fragments`, () => {
      const { mp4, output } = restoredWith(spoil, reserveBytes);
      const whole = pass([raw], new SeekableMp4({ reserveBytes }), { provisional: true });
      assert.equal(mp4.ending, null);
      assert.ok(output.equals(whole.output));
      const patched = patch(output, mp4.patches());
      assert.equal(walk(patched).fragmented, true);
      assert.deepEqual(mediaOf(patched), mediaOf(raw));
      assert.ok(Math.abs(mp4.durationMs - whole.mp4.durationMs) < 1, 'how long it is, the snapshot knows');
    });
  }
}

test('an index that has grown since is as good', () => {
  const longer = pass([raw]).mp4.index.slice();
  const { mp4, output } = restoredWith(() => longer);
  assert.equal(mp4.ending, 'front');
  assert.deepEqual(patch(output, mp4.patches()), patch(pass([raw]).output, pass([raw]).mp4.patches()));
});

test('an index in which a bit has changed is none', () => {
  const random = randomFrom(5);
  for (let run = 0; run < 100; run++) {
    const { mp4 } = restoredWith((index) => { index[random(index.length)] ^= 1 << random(8); return index; });
    assert.equal(mp4.ending, null, `run ${run}`);
  }
});

test('a log that cannot be read says so, and takes no time for it', () => {
  const { index } = pass([raw]).mp4;
  const random = randomFrom(6);
  let read = 0;
  for (let run = 0; run < 2000; run++) {
    const damaged = index.slice();
    for (let i = random(5); i >= 0; i--) damaged[random(damaged.length)] = random(256);
    try {
      for (const { runs } of new SampleLog(damaged).fragments(0)) read += runs.length;
    } catch (error) {
      assert.ok(error instanceof NotUnderstood, error);
    }
  }
  assert.ok(read > 1000);
});
