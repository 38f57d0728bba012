import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { decode, elementTree, identify, packetHashes, probe, SKIP } from '../lib/media-tools.js';
import { patch, randomFrom } from '../lib/rewriting.js';
import { pass, RECORDINGS } from './recordings.js';
import { walk } from './walk.js';

const DURATION_MS = 200;

const folder = mkdtempSync(path.join(os.tmpdir(), 'webm-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {string} name @param {Uint8Array} bytes */
function fileOf(name, bytes) {
  const file = path.join(folder, `${name}.webm`);
  writeFileSync(file, bytes);
  return file;
}

for (const { name, raw, recordedMs } of RECORDINGS) {
  const { webm, output } = pass([raw]);
  const seekable = patch(output, webm.patches());
  const file = fileOf(name, seekable);
  const unpatched = fileOf(`${name}.raw`, raw);

  test(`${name}: lasts as long as it was recorded, and as its packets do`, { skip: SKIP }, async (t) => {
    const { durationMs, packets, errors } = await probe(file);
    assert.equal(errors, '');
    const end = Math.max(...packets.map(({ endMs }) => endMs));
    t.diagnostic(`${Math.round(durationMs)} ms; recorded ${recordedMs}; packets end at ${Math.round(end)}`);
    assert.ok(Math.abs(durationMs - recordedMs) < DURATION_MS);
    assert.ok(Math.abs(durationMs - end) < DURATION_MS);
    assert.ok(Number.isNaN((await probe(unpatched)).durationMs), 'it had a duration before');
  });

  test(`${name}: ffmpeg decodes it without a word`, { skip: SKIP }, async () => {
    assert.equal(await decode(file), '');
  });

  test(`${name}: packets are those of the recording`, { skip: SKIP }, async () => {
    assert.equal(await packetHashes(file), await packetHashes(unpatched));
  });

  test(`${name}: mkvmerge and mkvinfo have nothing to object`, { skip: SKIP }, async () => {
    const { recognized, supported, warnings, errors, durationMs } = await identify(file);
    assert.deepEqual({ recognized, supported, warnings, errors }, { recognized: true, supported: true, warnings: [], errors: [] });
    assert.equal(Math.round(durationMs), Math.round(webm.durationMs));
    // Chromium writes VideoAlphaMode, which Debian's mkvinfo does not know.
    const tree = (await elementTree(file)).replaceAll(/Unknown element: VideoAlphaMode/g, '');
    assert.match(tree, /\+ Cue point/);
    assert.doesNotMatch(tree, /unknown|error|warning|invalid|resync/i);
  });
}

for (const { name, raw } of RECORDINGS.filter(({ name: of }) => of === 'chromium-vp9-opus' || of === 'firefox-vp8-opus')) {
  const { webm, output } = pass([raw]);
  const firstEnd = walk(output.subarray(0, -1), { cut: true }).clusters[0].end;
  const random = randomFrom(raw.length);
  for (let i = 0; i < 4; i++) {
    const size = firstEnd + random(output.length - firstEnd);
    const prefix = output.subarray(0, size);

    test(`${name}, cut at byte ${size}: ffmpeg reads up to there`, { skip: SKIP }, async () => {
      const { packets } = await probe(fileOf(`${name}-${size}`, prefix));
      const whole = walk(prefix, { cut: true }).blocks.length;
      // Of a block that is cut short ffmpeg may hand out what there is.
      assert.ok(packets.length === whole || packets.length === whole + 1, `${packets.length} packets, ${whole} blocks`);
    });

    test(`${name}, cut at byte ${size} with a checkpoint: is sought, though its end was never seen`, { skip: SKIP }, async () => {
      const file = fileOf(`${name}-${size}-checkpoint`, patch(prefix, webm.patches(size)));
      const { durationMs, packets } = await probe(file);
      assert.ok(durationMs > 0 && durationMs <= Math.max(...packets.map(({ endMs }) => endMs)) + DURATION_MS);
      const last = walk(patch(prefix, webm.patches(size)), { cut: true }).cues.at(-1).time;
      const sought = await probe(file, '-read_intervals', `${(last + 1) / 1000}%+#1`);
      assert.equal(Math.round(sought.packets[0].ms), last);
    });
  }
}
