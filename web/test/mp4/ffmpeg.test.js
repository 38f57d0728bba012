/** What ffmpeg writes as fragments in its many ways, made an ordinary file. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { decode, SKIP } from '../lib/media-tools.js';
import { packetsOf, readByMp4Box } from './readers.js';
import { FORMS, ordinary } from './recordings.js';
import { mediaOf } from './walk.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mp4-'));
after(() => rmSync(folder, { recursive: true }));

const FRAGMENTS = 'frag_keyframe+empty_moov';
const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=25:duration=2'];
const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2'];
const AVC = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-threads', '1'];

/**
 * shifted: where AAC is primed, ffmpeg begins the picture of fragments that much later, and of an ordinary file at 0, as the
 * edit list says. sameTimes: it gives two sounds one time, and then complains of it.
 */
for (const { what, how, shifted = false, sameTimes = false } of [
  { what: 'B-frames and the edit list of AAC', how: [...PICTURE, ...SOUND, ...AVC, '-bf', '2', '-c:a', 'aac', '-movflags', `${FRAGMENTS}+delay_moov+default_base_moof`], shifted: true },
  { what: 'B-frames without an edit list', how: [...PICTURE, ...AVC, '-bf', '2', '-use_editlist', '0', '-movflags', `${FRAGMENTS}+default_base_moof`] },
  { what: 'positions from the beginning of the file', how: [...PICTURE, ...SOUND, ...AVC, '-c:a', 'aac', '-movflags', FRAGMENTS] },
  { what: 'no positions', how: [...PICTURE, ...SOUND, ...AVC, '-c:a', 'aac', '-movflags', `${FRAGMENTS}+omit_tfhd_offset`] },
  { what: 'a fragment for each track', how: [...PICTURE, ...SOUND, ...AVC, '-c:a', 'libopus', '-movflags', `${FRAGMENTS}+separate_moof+default_base_moof`] },
  { what: 'CMAF', how: [...PICTURE, ...SOUND, ...AVC, '-c:a', 'aac', '-movflags', `${FRAGMENTS}+cmaf`] },
  { what: 'DASH, with sidx', how: [...PICTURE, ...SOUND, ...AVC, '-c:a', 'aac', '-movflags', `${FRAGMENTS}+dash`] },
  { what: 'a fragment for each frame', how: [...PICTURE, ...SOUND, ...AVC, '-c:a', 'aac', '-movflags', 'frag_every_frame+empty_moov+default_base_moof'], sameTimes: true },
  { what: 'a sound that begins late', how: [...PICTURE, '-itsoffset', '1.2345', ...SOUND, ...AVC, '-c:a', 'libopus', '-movflags', `${FRAGMENTS}+delay_moov+default_base_moof`] },
]) {
  test(`from ffmpeg, ${what}: plays as before`, { skip: SKIP }, async () => {
    const source = path.join(folder, `ffmpeg-${what.replaceAll(/\W/g, '-')}.mp4`);
    execFileSync('ffmpeg', ['-v', 'error', ...how, source], { stdio: ['ignore', 'ignore', 'inherit'] });
    const raw = new Uint8Array(readFileSync(source));
    const was = await packetsOf(source);
    for (const { place, reserveBytes } of FORMS) {
      const { mp4, file: bytes } = ordinary(raw, reserveBytes);
      assert.equal(mp4.ending, place);
      assert.deepEqual(mediaOf(bytes), mediaOf(raw));
      const file = `${source}-${place}.mp4`;
      writeFileSync(file, bytes);
      if (!sameTimes) assert.equal(await decode(file), '');
      assert.deepEqual((await readByMp4Box(bytes)).warnings, []);
      const made = await packetsOf(file);
      if (shifted) requireShifted(made, was);
      else assert.deepEqual(made, was);
    }
  });
}

/** The same packets, those of each track earlier or later by one number. @param {string[]} made @param {string[]} was */
function requireShifted(made, was) {
  const others = inOrder(was);
  const shifts = inOrder(made).map(({ track, dts, pts, rest }, i) => {
    assert.equal(rest, others[i].rest);
    return `${track} ${dts - others[i].dts} ${pts - others[i].pts}`;
  });
  assert.ok(new Set(shifts).size <= 2, `${[...new Set(shifts)]}`);
}

/** @param {string[]} packets */
function inOrder(packets) {
  return packets.map((packet) => {
    const [track, dts, pts, ...rest] = packet.split(' ');
    return { track, dts: Number(dts), pts: Number(pts), rest: rest.join(' ') };
  }).sort((a, b) => a.track - b.track || a.dts - b.dts);
}
