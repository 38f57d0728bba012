import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeekableMp4 } from '../../mp4/seekable.js';
import { patch, randomFrom, slicesOf } from '../lib/rewriting.js';
import { FORMS, ordinary, pass, RECORDINGS } from './recordings.js';
import { mediaOf, walk } from './walk.js';

const DURATION_MS = 100;
const TYPES = { front: ['ftyp', 'moov', 'free', 'mdat'], end: ['ftyp', 'mdat', 'moov'] };

/** Kept as the recorder keeps it: the snapshot as JSON, the index as it grew since. */
function killedAndRestored(killed, laterIndex = killed.index) {
  return SeekableMp4.restore(JSON.parse(JSON.stringify(killed.snapshot())), laterIndex.slice());
}

for (const { name, raw, slices, recordedMs } of RECORDINGS) {
  for (const { place, reserveBytes } of FORMS) {
    const seekable = () => new SeekableMp4({ reserveBytes });
    const sizes = [...slices];
    const { mp4, output } = pass(slicesOf(raw, () => sizes.shift()), seekable());
    const file = patch(output, mp4.patches());

    test(`${name}, ${place}: becomes an ordinary file`, () => {
      const { types, fragmented, durationMs, tracks } = walk(file);
      assert.deepEqual(types, TYPES[place]);
      assert.equal(fragmented, false);
      assert.equal(mp4.ending, place);
      assert.ok(Math.abs(durationMs - recordedMs) < DURATION_MS, `${durationMs} ms, recorded ${recordedMs}`);
      assert.ok(Math.abs(durationMs - mp4.durationMs) < 1);
      assert.ok(Math.abs(durationMs - Math.max(...tracks.map(({ endMs }) => endMs))) < 1);
      assert.equal(mp4.seekable, true);
      assert.equal(mp4.droppedBytes, 0);
      assert.equal(mp4.heldBytes, 0);
      assert.equal(mp4.patchesLast, place === 'end');
    });

    test(`${name}, ${place}: every sample comes out as it went in`, () => {
      assert.ok(Object.values(mediaOf(raw)).every((samples) => samples.length > 20));
      assert.deepEqual(mediaOf(file), mediaOf(raw));
    });

    test(`${name}, ${place}: patches stay in the head, and behind it nothing changes`, () => {
      const [{ at, bytes }, ...others] = mp4.patches();
      assert.equal(others.length, 0, 'half of them would break the file');
      assert.ok(at + bytes.length <= mp4.headBytes, `${at} + ${bytes.length}`);
      assert.equal(file.length, output.length);
      assert.ok(file.subarray(mp4.headBytes).equals(output.subarray(mp4.headBytes)));
    });

    test(`${name}, ${place}: comes out the same in slices of any size`, () => {
      const random = randomFrom(raw.length);
      for (const nextSize of [() => 1, () => raw.length, () => 1 + random(5), () => 1 + random(3000)]) {
        const again = pass(slicesOf(raw, nextSize), seekable());
        assert.ok(again.output.equals(output));
        assert.deepEqual(again.mp4.patches(), mp4.patches());
      }
    });

    test(`${name}, ${place}: goes on from a snapshot taken anywhere`, () => {
      const random = randomFrom(raw.length);
      for (let i = 0; i < 20; i++) {
        const killedAt = random(raw.length);
        const killed = seekable();
        const stored = killed.push(raw.subarray(0, killedAt));
        const restored = killedAndRestored(killed, mp4.index);
        const rest = pass([raw.subarray(killed.snapshot().rawOffset)], restored);
        assert.ok(Buffer.concat([...stored, rest.output]).equals(output), `killed at ${killedAt}`);
        assert.deepEqual(rest.mp4.patches(), mp4.patches(), `killed at ${killedAt}`);
        assert.deepEqual(rest.mp4.index, mp4.index);
      }
    });

    test(`${name}, ${place}: the end can be restored too`, () => {
      const restored = killedAndRestored(mp4);
      assert.deepEqual(restored.patches(), mp4.patches());
      assert.deepEqual(restored.finish(), []);
      assert.equal(restored.durationMs, mp4.durationMs);
    });

    test(`${name}, ${place}: what the end adds is known before`, () => {
      const { mp4: open, output: before } = pass(slicesOf(raw, () => raw.length), seekable(), { provisional: true });
      const reading = seekable();
      reading.push(raw);
      const tail = output.length - before.length;
      assert.equal(open.ending, null);
      assert.ok(reading.tailBytes >= tail && reading.tailBytes <= tail + 1000 * Number(tail > 0), `${reading.tailBytes} for ${tail}`);
      assert.equal(tail > 0, place === 'end');
      assert.equal(mp4.tailBytes, 0);
    });

    for (const { what, recordedFor, wanted } of [
      { what: 'recorded for longer than its samples say, it lasts as long as it was recorded', recordedFor: mp4.durationMs + 5000, wanted: mp4.durationMs + 5000 },
      { what: 'recorded for less than its samples say, it lasts as long as they do', recordedFor: mp4.durationMs - 100, wanted: mp4.durationMs },
    ]) {
      test(`${name}, ${place}: ${what}`, () => {
        const going = pass([raw], seekable(), { recordedMs: recordedFor });
        const walked = walk(patch(going.output, going.mp4.patches()));
        assert.ok(Math.abs(walked.durationMs - wanted) < 1, `${walked.durationMs}`);
        assert.ok(Math.abs(going.mp4.durationMs - wanted) < 1);
        assert.deepEqual(mediaOf(patch(going.output, going.mp4.patches())), mediaOf(raw));
      });
    }
  }

  test(`${name}: is a fragmented MP4 wherever it is cut`, () => {
    const { mp4, output } = pass([raw], undefined, { provisional: true });
    const { fragmentEnds } = walk(output);
    for (let size = mp4.headBytes; size < output.length; size += 97) {
      const prefix = walk(output.subarray(0, size), { cut: true });
      assert.equal(prefix.fragmented, true);
      assert.equal(prefix.fragmentEnds.length, fragmentEnds.filter((end) => end <= size).length);
    }
  });

  test(`${name}: the end of what goes on is the input with a gap, and no more`, () => {
    const { mp4, output } = pass([raw], undefined, { provisional: true });
    const before = mp4.headBytes - 512 * 1024 > 0 ? 512 * 1024 : 128 * 1024;
    assert.equal(walk(output).types.slice(0, 3).join(), 'ftyp,moov,free');
    assert.ok(output.length <= raw.length + before);
    assert.deepEqual(mediaOf(output), mediaOf(raw));
  });

  test(`${name}: a checkpoint says how long it is, and hides nothing that follows`, () => {
    const going = new SeekableMp4();
    const stored = [];
    const { output } = pass([raw], undefined, { provisional: true });
    const firstEnd = walk(output).fragmentEnds[0];
    for (const slice of slicesOf(raw, () => 500)) {
      stored.push(...going.push(slice));
      const bytes = Buffer.concat(stored);
      for (const size of [bytes.length, Math.max(0, bytes.length - 700)]) {
        const patches = going.patches(size);
        if (size < firstEnd) {
          assert.deepEqual(patches, []);
          continue;
        }
        const { fragmented, durationMs, promisedMs, tracks } = walk(patch(bytes, patches).subarray(0, size), { cut: true });
        assert.equal(fragmented, true);
        const end = Math.max(...tracks.map(({ endMs }) => endMs));
        assert.ok(Math.abs(durationMs - end) < 1, `${durationMs} of ${end}`);
        assert.equal(promisedMs, durationMs);
        for (const track of tracks.filter(({ samples }) => samples.length > 0)) assert.ok(Math.abs(track.durationMs - track.endMs) < 1);
        assert.deepEqual(mediaOf(patch(output, patches)), mediaOf(raw));
      }
    }
  });

  test(`${name}: a checkpoint of all there is lasts as long as it was recorded`, () => {
    const { mp4, output } = pass([raw], undefined, { recordedMs: 60_000, provisional: true });
    assert.equal(walk(patch(output, mp4.patches())).durationMs, 60_000);
    assert.ok(walk(patch(output, mp4.patches(output.length - 1))).durationMs < 10_000, 'a part of it does not');
  });

  test(`${name}: cut anywhere, it ends with its last whole fragment`, () => {
    const random = randomFrom(raw.length);
    const ends = walk(raw).fragmentEnds;
    for (let i = 0; i < 30; i++) {
      const cut = raw.subarray(0, random(raw.length));
      const { mp4, file } = ordinary(cut);
      const whole = ends.filter((end) => end <= cut.length).length;
      if (whole === 0) {
        assert.equal(file.length, 0, 'a head alone');
        assert.equal(mp4.droppedBytes, cut.length);
        continue;
      }
      assert.equal(walk(file).fragmented, false);
      assert.deepEqual(mediaOf(file), mediaOf(raw.subarray(0, ends[whole - 1])), `cut at ${cut.length}`);
    }
  });
}
