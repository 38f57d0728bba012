import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeekableWebm } from '../../webm/seekable.js';
import { patch, randomFrom, slicesOf } from '../lib/rewriting.js';
import { mediaOf, pass, RECORDINGS } from './recordings.js';
import { walk } from './walk.js';

const MAX_HEAD_BYTES = 100 * 1024;
const DURATION_MS = 200;

for (const { name, raw, slices, recordedMs } of RECORDINGS) {
  const asDelivered = () => {
    const sizes = [...slices];
    return slicesOf(raw, () => sizes.shift());
  };
  const { webm, output } = pass(asDelivered());
  const seekable = patch(output, webm.patches());

  test(`${name}: becomes a seekable file`, () => {
    const { live, durationMs, cues } = walk(seekable);
    assert.equal(live, false);
    assert.ok(Math.abs(durationMs - recordedMs) < DURATION_MS, `${durationMs} ms, recorded ${recordedMs}`);
    assert.equal(durationMs, webm.durationMs);
    assert.ok(cues.length > 0);
    assert.equal(webm.seekable, true);
    assert.equal(webm.droppedBytes, 0);
    assert.equal(webm.heldBytes, 0);
  });

  for (const { what, recordedFor, wanted } of [
    { what: 'recorded for longer than its blocks say, it lasts as long as it was recorded', recordedFor: webm.durationMs + 5000, wanted: webm.durationMs + 5000 },
    { what: 'recorded for less than its blocks say, it lasts as long as they do', recordedFor: webm.durationMs - 100, wanted: webm.durationMs },
  ]) {
    test(`${name}: ${what}`, () => {
      const going = new SeekableWebm();
      going.push(raw);
      going.finish({ recordedMs: recordedFor });
      assert.ok(Math.abs(walk(patch(output, going.patches()), { recordedMs: wanted }).durationMs - wanted) < 1);
      assert.ok(Math.abs(going.durationMs - wanted) < 1);
    });
  }

  test(`${name}: patches stay in the head`, () => {
    assert.ok(webm.headBytes < MAX_HEAD_BYTES, `${webm.headBytes}`);
    for (const { at, bytes } of webm.patches()) assert.ok(at + bytes.length <= webm.headBytes, `${at} + ${bytes.length}`);
    assert.equal(seekable.length, output.length);
  });

  test(`${name}: every block comes out as it went in`, () => {
    assert.ok(mediaOf(raw).length > 20);
    assert.deepEqual(mediaOf(seekable), mediaOf(raw));
  });

  test(`${name}: comes out the same in slices of any size`, () => {
    const random = randomFrom(raw.length);
    for (const nextSize of [() => 1, () => raw.length, () => random(5), () => random(3000)]) {
      const again = pass(slicesOf(raw, nextSize));
      assert.ok(again.output.equals(output));
      assert.deepEqual(again.webm.patches(), webm.patches());
    }
  });

  test(`${name}: goes on from a snapshot taken anywhere`, () => {
    const random = randomFrom(raw.length);
    for (let i = 0; i < 20; i++) {
      const killedAt = random(raw.length);
      const killed = new SeekableWebm();
      const stored = killed.push(raw.subarray(0, killedAt));
      const snapshot = JSON.parse(JSON.stringify(killed.snapshot()));
      const rest = pass([raw.subarray(snapshot.rawOffset)], SeekableWebm.restore(snapshot));
      assert.ok(Buffer.concat([...stored, rest.output]).equals(output), `killed at ${killedAt}`);
      assert.deepEqual(rest.webm.patches(), webm.patches(), `killed at ${killedAt}`);
    }
  });

  test(`${name}: is a live WebM wherever it is cut`, () => {
    const clusters = walk(seekable).clusters;
    for (let size = webm.headBytes; size < output.length; size += 97) {
      const prefix = walk(output.subarray(0, size), { cut: true });
      assert.equal(prefix.live, true);
      assert.equal(prefix.durationMs, null);
      assert.equal(prefix.clusters.length, clusters.filter(({ end }) => end <= size).length);
    }
  });

  test(`${name}: a checkpoint makes what is there seekable, and hides nothing that follows`, () => {
    const going = new SeekableWebm();
    const stored = [];
    for (const slice of slicesOf(raw, () => 500)) {
      stored.push(...going.push(slice));
      const bytes = Buffer.concat(stored);
      for (const size of [bytes.length, Math.max(0, bytes.length - 700)]) {
        const patches = going.patches(size);
        const { live, cues, clusters, durationMs } = patches.length > 0 ? walk(patch(bytes, patches).subarray(0, size), { cut: true }) : {};
        if (size < (walk(seekable).clusters[0]?.end ?? 0)) assert.deepEqual(patches, []);
        else {
          assert.equal(live, true, 'the Segment has a size');
          assert.ok(cues.length > 0 && clusters.length > 0);
          assert.ok(durationMs > 0);
          assert.deepEqual(mediaOf(patch(output, patches)), mediaOf(raw));
        }
      }
    }
  });

  test(`${name}: cut anywhere, it ends with its last whole block`, () => {
    const random = randomFrom(raw.length);
    for (let i = 0; i < 30; i++) {
      const cut = raw.subarray(0, random(raw.length));
      const ended = pass([cut]);
      assert.deepEqual(mediaOf(ended.output), mediaOf(cut), `cut at ${cut.length}`);
      if (ended.output.length === 0) assert.equal(ended.webm.droppedBytes, cut.length, 'a head alone');
      else if (ended.webm.seekable) assert.equal(walk(patch(ended.output, ended.webm.patches())).live, false);
      else assert.ok(ended.output.equals(cut));
    }
  });
}
