/**
 * What others make of a file: ffmpeg and mkvtoolnix, as Debian has them (scripts/neighbours).
 */

import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

const missing = ['ffmpeg', 'ffprobe', 'mkvmerge', 'mkvinfo'].filter((tool) => spawnSync(tool, ['-version']).error);

/** Why tests that need the tools are skipped. In `make test` they are not: they fail. */
export const SKIP = missing.length > 0 && !process.env.SLIPWAY_REQUIRE_NEIGHBOURS && `${missing} not installed`;

/**
 * Decodes all of it, with times in µs: in a time base of frames, two pictures within 2 ms (Firefox, after a pause)
 * would be one too many; in ms, two pictures within one, which an MP4 of 60 frames a second has.
 *
 * @param {string} file
 * @returns {Promise<string>} what went wrong
 */
export async function decode(file) {
  const asIs = ['-fps_mode', 'passthrough', '-enc_time_base', '1:1000000'];
  const { stderr } = await run('ffmpeg', ['-v', 'error', '-i', file, ...asIs, '-f', 'null', '-'], { timeout: TIMEOUT_MS });
  return stderr;
}

/** A hash of each packet with its time. @param {string} file */
export async function packetHashes(file) {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-map', '0', '-c', 'copy', '-f', 'framehash', '-'], { timeout: TIMEOUT_MS });
  return stdout;
}

/**
 * @param {string} file
 * @param {...string} options of ffprobe
 * @returns {Promise<{durationMs: number, packets: {ms: number, endMs: number}[], errors: string}>} durationMs: NaN where
 *   the file has none
 */
export async function probe(file, ...options) {
  const { stdout, stderr } = await run('ffprobe', ['-v', 'error', '-show_format', '-show_packets', '-of', 'json', ...options, file], { timeout: TIMEOUT_MS });
  const { format, packets } = JSON.parse(stdout);
  return {
    durationMs: Number(format.duration) * 1000,
    packets: packets.map(({ pts_time: start, duration_time: lasts = 0 }) => ({ ms: start * 1000, endMs: (Number(start) + Number(lasts)) * 1000 })),
    errors: stderr,
  };
}

/** @param {string} file @returns {Promise<{recognized: boolean, supported: boolean, warnings: string[], errors: string[], durationMs: number}>} */
export async function identify(file) {
  const { stdout } = await run('mkvmerge', ['--identification-format', 'json', '--identify', file], { timeout: TIMEOUT_MS });
  const { container, warnings, errors } = JSON.parse(stdout);
  return { ...container, warnings, errors, durationMs: container.properties.duration / 1e6 };
}

/** Reads every element. @param {string} file @returns {Promise<string>} the tree */
export async function elementTree(file) {
  const { stdout, stderr } = await run('mkvinfo', ['--all', '--verbose', file], { timeout: TIMEOUT_MS, maxBuffer: 16e6 });
  return stdout + stderr;
}
