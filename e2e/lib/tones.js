/**
 * Tones: made, and found again in a recording.
 */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const RATE = 48_000;

/**
 * A second of a tone, for Chromium's fake microphone, which plays it again and again.
 *
 * @param {string} file
 * @param {number} hertz a whole number, so that the end fits the beginning
 */
export function writeTone(file, hertz) {
  const samples = Int16Array.from({ length: RATE }, (_, i) => 10_000 * Math.sin((2 * Math.PI * hertz * i) / RATE));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // channel
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(2 * RATE, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  writeFileSync(file, Buffer.concat([header, Buffer.from(samples.buffer)]));
}

/**
 * The sound of a recording.
 *
 * @param {string} file
 * @returns {Promise<{loudness: (hertz: number, fromS: number, toS: number) => number}>} loudness of one frequency in a
 *   span, in dB below a sine of full scale
 */
export async function listen(file) {
  const pcm = ['-ac', '1', '-ar', String(RATE), '-f', 'f32le', '-'];
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-vn', '-af', 'aresample=async=1:first_pts=0', ...pcm], { timeout: 60_000, encoding: 'buffer', maxBuffer: 1 << 28 });
  const samples = new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength));
  return { loudness: (hertz, fromS, toS) => loudness(samples.subarray(fromS * RATE, toS * RATE), hertz) };
}

/**
 * One frequency of a Fourier transform, in windows of 0.1 s, so that a tone that starts anew in between does not cancel
 * itself out.
 *
 * @param {Float32Array} samples @param {number} hertz
 */
function loudness(samples, hertz) {
  const size = RATE / 10;
  const powers = [];
  for (let from = 0; from + size <= samples.length; from += size) {
    let [re, im] = [0, 0];
    for (let i = 0; i < size; i++) {
      const turn = (2 * Math.PI * hertz * i) / RATE;
      const faded = samples[from + i] * (1 - Math.cos((2 * Math.PI * i) / size)); // Hann, which keeps tones apart
      re += faded * Math.cos(turn);
      im += faded * Math.sin(turn);
    }
    powers.push((re * re + im * im) * (2 / size) ** 2);
  }
  const mean = powers.reduce((sum, power) => sum + power, 0) / powers.length;
  return 10 * Math.log10(mean + 1e-12);
}
