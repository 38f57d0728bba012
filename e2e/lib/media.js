/**
 * Pictures, sound and bytes: made, hashed and looked into.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { mediaOf } from '../../web/test/mp4/walk.js';
import { temporaryFolder } from './folders.js';

const run = promisify(execFile);
const FFMPEG_MS = 60_000;

/** @param {Uint8Array} bytes @returns {string} hex */
export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * What Chromium's fake camera delivers: noise, which does not compress, so that a part of 5 MiB is full every few
 * seconds; or, where only something is to be seen, stripes that go by.
 *
 * @param {string} file
 * @param {{noisy: boolean}} how
 */
export function writePicture(file, { noisy }) {
  const [width, height, frames] = [320, 240, 8];
  const pieces = [Buffer.from(`YUV4MPEG2 W${width} H${height} F30:1 Ip A1:1 C420jpeg\n`)];
  for (let i = 0; i < frames; i++) {
    const frame = Buffer.alloc(width * height * 1.5, 128); // grey
    if (noisy) randomFillSync(frame);
    else for (let at = 0; at < width * height; at++) frame[at] = ((at % width) + 8 * i) % 64 < 32 ? 90 : 160;
    pieces.push(Buffer.from('FRAME\n'), frame);
  }
  writeFileSync(file, Buffer.concat(pieces));
}

/**
 * A WebM file that plays: a few seconds, again and again.
 *
 * @param {string} file
 * @param {{seconds: number, noisy?: boolean, silent?: boolean}} what noisy: 1.6 MB each second, and
 *   not 1 MB
 */
export async function writeVideo(file, { seconds, noisy = false, silent = false }) {
  const loop = 4;
  const once = `${file}.once.webm`;
  const picture = `testsrc2=size=320x240:rate=25,noise=alls=${noisy ? 60 : 20}:allf=t+u`;
  const bits = noisy ? ['-b:v', '20M', '-qmin', '4', '-qmax', '20'] : ['-b:v', '8M'];
  const sound = silent ? [] : ['-f', 'lavfi', '-i', 'sine=frequency=440', '-c:a', 'libopus'];
  await run('ffmpeg', [
    '-v', 'error', '-y', '-f', 'lavfi', '-i', picture, ...sound, '-t', String(loop),
    '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '25', ...bits, once,
  ], { timeout: FFMPEG_MS });
  const again = Math.ceil(seconds / loop) - 1;
  await run('ffmpeg', ['-v', 'error', '-y', '-stream_loop', String(again), '-i', once, '-c', 'copy', file], { timeout: FFMPEG_MS });
}

/**
 * What ffprobe finds: by kind of stream, its codec, how many packets there are, and how large the picture is.
 *
 * @param {string} file
 * @returns {Promise<Record<string, {codec: string, packets: number, width?: number, height?: number}>>}
 */
export async function probe(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-count_packets', '-show_streams', '-of', 'json', file], { timeout: FFMPEG_MS });
  /** @type {{codec_type: string, codec_name: string, nb_read_packets: string, width?: number, height?: number}[]} */
  const streams = JSON.parse(stdout).streams;
  return Object.fromEntries(streams.map(({ codec_type, codec_name, nb_read_packets, width, height }) => [codec_type, { codec: codec_name, packets: Number(nb_read_packets), ...(width && { width, height }) }]));
}

/** How long a file says it is, in seconds; NaN where it does not. @param {string} file @returns {Promise<number>} */
export async function durationOf(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file], { timeout: FFMPEG_MS });
  return Number(stdout);
}

/**
 * Every packet of a recording: stream, time, size and hash. What a recording was remuxed to has the same.
 *
 * @param {Uint8Array} bytes
 * @returns {Promise<string[]>}
 */
export async function packets(bytes) {
  const file = path.join(temporaryFolder(), 'packets.webm');
  writeFileSync(file, bytes);
  return packetsOf(file);
}

/** The packets of a recording in a file. @param {string} file @returns {Promise<string[]>} */
export async function packetsOf(file) {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-map', '0', '-c', 'copy', '-f', 'framehash', '-'], { timeout: FFMPEG_MS, maxBuffer: 1e8 });
  return stdout.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
    const [stream, , time, , size, hash] = line.split(/,\s*/);
    return [stream, time, size, hash].join(' ');
  });
}

/**
 * Holds what is in S3 against what MediaRecorder delivered (see teeMediaRecorder): the same packets, all of them, in a
 * file that says how long it is.
 *
 * @param {Uint8Array} bytes in S3
 * @param {{evaluate: (script: string) => Promise<string>}} page
 */
export async function assertSameRecording(bytes, page) {
  const produced = Buffer.from(await page.evaluate('produced()'), 'base64');
  // Of a moof that comes twice, as WebKitGTK's last does, ffmpeg reads what is none.
  const read = produced.toString('latin1', 4, 8) === 'ftyp' ? (file) => Object.values(mediaOf(file)).flat() : packets;
  const [want, have] = [await read(produced), await read(bytes)];
  assert.ok(want.length > 0, 'something was recorded');
  assert.deepEqual(have, want);
}
