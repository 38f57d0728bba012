/** What others make of our files: ffmpeg, mkvmerge and mp4box.js. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { decode, probe, SKIP } from '../lib/media-tools.js';
import { patch, randomFrom } from '../lib/rewriting.js';
import { packetsOf, readByMp4Box } from './readers.js';
import { FORMS, ordinary, pass, RECORDINGS } from './recordings.js';
import { walk } from './walk.js';

const DURATION_MS = 100;

const folder = mkdtempSync(path.join(os.tmpdir(), 'mp4-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {string} name @param {Uint8Array} bytes */
function fileOf(name, bytes) {
  const file = path.join(folder, `${name}.mp4`);
  writeFileSync(file, bytes);
  return file;
}

/** With the moov at the end too: the tables are the same, so of a few. */
const AT_THE_END = ['chromium-avc-opus', 'chromium-opus', 'webkit-avc-aac'];

for (const { name, raw, recordedMs } of RECORDINGS) {
  const live = pass([raw], undefined, { provisional: true }).output;
  // Of a moof that comes twice ffmpeg reads what is none, so there the output is compared with itself before it was patched.
  const before = SKIP ? [] : packetsOf(fileOf(`${name}.before`, name.startsWith('webkit') ? live : raw));
  for (const { place, reserveBytes } of FORMS.filter((form) => form.place === 'front' || AT_THE_END.includes(name))) {
    const { mp4, file: bytes } = ordinary(raw, reserveBytes);
    const file = fileOf(`${name}-${place}`, bytes);

    test(`${name}, ${place}: lasts as long as it was recorded, and as its packets do`, { skip: SKIP }, async (t) => {
      const { durationMs, packets, errors } = await probe(file);
      assert.equal(errors, '');
      const end = Math.max(...packets.map(({ endMs }) => endMs));
      t.diagnostic(`${Math.round(durationMs)} ms; recorded ${recordedMs}; packets end at ${Math.round(end)}`);
      assert.ok(Math.abs(durationMs - recordedMs) < DURATION_MS);
      assert.ok(Math.abs(durationMs - end) < 2);
    });

    test(`${name}, ${place}: ffmpeg decodes it without a word`, { skip: SKIP }, async () => {
      assert.equal(await decode(file), '');
    });

    test(`${name}, ${place}: packets are those of the recording`, { skip: SKIP }, async () => {
      const packets = await packetsOf(file);
      assert.ok(packets.length > 20);
      assert.deepEqual(packets, await before);
    });

    test(`${name}, ${place}: mkvmerge makes a Matroska of it without a warning`, { skip: SKIP }, () => {
      execFileSync('mkvmerge', ['--quiet', '--output', `${file}.mkv`, file]); // a warning is status 1
    });

    test(`${name}, ${place}: mp4box.js finds an ordinary file`, async () => {
      const { info, warnings } = await readByMp4Box(bytes);
      assert.deepEqual(warnings, []);
      assert.equal(info.isFragmented, false);
      assert.ok(Math.abs(info.duration / info.timescale * 1000 - mp4.durationMs) < 1);
      const samples = Object.fromEntries(walk(bytes).tracks.map(({ id, samples }) => [id, samples.length]));
      assert.deepEqual(Object.fromEntries(info.tracks.map(({ id, nb_samples: count }) => [id, count])), samples);
    });
  }

  test(`${name}: before it is patched mp4box.js finds fragments`, async () => {
    assert.equal((await readByMp4Box(live)).info.isFragmented, true);
  });
}

for (const { name, raw } of RECORDINGS.filter(({ name: of }) => ['chromium-avc-opus', 'chromium-vp9-opus', 'webkit-avc-aac'].includes(of))) {
  const { mp4, output } = pass([raw], undefined, { provisional: true });
  const { fragmentEnds } = walk(output);
  const random = randomFrom(raw.length);
  for (let i = 0; i < 2; i++) {
    const size = fragmentEnds[1] + random(output.length - fragmentEnds[1]); // there is a picture: WebKitGTK begins with sound
    const prefix = output.subarray(0, size);
    const whole = walk(prefix, { cut: true }).tracks.reduce((sum, { samples }) => sum + samples.length, 0);

    test(`${name}, cut at byte ${size}: ffmpeg reads up to there`, { skip: SKIP }, async () => {
      assert.ok((await probe(fileOf(`${name}-${size}`, prefix))).packets.length >= whole);
    });

    test(`${name}, cut at byte ${size} with a checkpoint: says how long it is, and is sought`, { skip: SKIP }, async () => {
      const file = fileOf(`${name}-${size}-checkpoint`, patch(prefix, mp4.patches(size)));
      assert.ok((await probe(file)).packets.length >= whole);
      // Up to its last whole fragment: of the one that is cut short ffmpeg counts what the moof promises.
      const last = fragmentEnds.findLast((fragmentEnd) => fragmentEnd <= size);
      const { durationMs } = await probe(fileOf(`${name}-${size}-whole`, patch(prefix, mp4.patches(size)).subarray(0, last)));
      const end = Math.max(...walk(prefix, { cut: true }).tracks.map(({ endMs }) => endMs));
      assert.ok(Math.abs(durationMs - end) < 2, `${durationMs} of ${end}`);
      const sought = await probe(file, '-select_streams', 'v', '-read_intervals', `${(end - 50) / 1000}%+#1`);
      const { timescale, samples } = walk(prefix, { cut: true }).tracks.find(({ kind }) => kind === 'vide');
      const keys = samples.filter(({ key }) => key).map(({ shown }) => shown / timescale * 1000);
      assert.ok(Math.abs(sought.packets[0].ms - keys.findLast((ms) => ms <= end - 50)) < 2, `${sought.packets[0].ms} of ${keys}`);
    });
  }
}
