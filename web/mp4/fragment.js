/** A fragment: a moof, which says of samples where they are (8.8.4), and the mdat that they are in. */

import { NotUnderstood } from '../container/not-understood.js';
import { children, Fields, find } from './box.js';
import { readRun } from './run.js';

/** What a plain file needs not, or keeps elsewhere. What is not known to be such, as encryption, is not ours to drop. */
const IGNORED_IN_TRAF = new Set(['tfhd', 'sdtp', 'sbgp', 'sgpd', 'subs', 'udta', 'free', 'skip']);

/** Flags of tfhd (8.8.7). */
const HAS_BASE = 0x1;
const HAS_DESCRIPTION = 0x2;
const HAS_DURATION = 0x8;
const HAS_SIZE = 0x10;
const HAS_FLAGS = 0x20;
const BASE_IS_MOOF = 0x20000;

/**
 * What is beyond is a lie. A sample may take memory without taking a byte of the moof: 2^20 are 21 s of PCM at 48 kHz.
 */
const MAX_SAMPLES = 2 ** 20;
const MAX_MOOF_BYTES = 4 * 1024 * 1024;

/**
 * @typedef {object} Fragment
 * @property {import('./run.js').Run[]} runs
 * @property {{at: number, base: number}[]} absolute positions in the input that it says, in 64 bits, and where it says them
 *
 * @param {Uint8Array} bytes that hold both boxes wholly
 * @param {import('./box.js').Box} moof
 * @param {import('./box.js').Box} mdat right behind it
 * @param {import('./head.js').Track[]} tracks
 * @param {number} inputAt where in the input the bytes start
 * @returns {Fragment}
 * @throws {NotUnderstood}
 */
export function readFragment(bytes, moof, mdat, tracks, inputAt) {
  if (moof.end - moof.at > MAX_MOOF_BYTES) throw new NotUnderstood('a moof too large');
  /** @type {Fragment} */
  const fragment = { runs: [], absolute: [] };
  const left = { samples: MAX_SAMPLES };
  let dataEnd = moof.at; // of the track before; the first one's data is counted from the moof on
  for (const box of children(bytes, moof)) {
    if (box.type === 'mfhd') continue;
    if (box.type !== 'traf') throw new NotUnderstood(`${box.type} in a moof`);
    const traf = readTraf(bytes, box, tracks);
    if (traf.absolute) fragment.absolute.push(traf.absolute);
    const base = traf.absolute ? traf.absolute.base - inputAt : traf.baseIsMoof ? moof.at : dataEnd;
    dataEnd = readRuns(bytes, box, traf, { base, left, runs: fragment.runs });
  }
  for (const { at, bytes: length } of fragment.runs) {
    if (at < mdat.dataAt || at + length > mdat.end) throw new NotUnderstood('samples outside of the mdat');
  }
  return fragment;
}

/**
 * What a track fragment says of all its runs.
 *
 * @typedef {import('./head.js').Defaults & {track: number, baseIsMoof: boolean, absolute: {at: number, base: number} | null}} Traf
 *   track: its place among the tracks; absolute: the position that data is counted from, and where it is said
 *
 * @param {Uint8Array} bytes
 * @param {import('./box.js').Box} box
 * @param {import('./head.js').Track[]} tracks
 * @returns {Traf}
 */
function readTraf(bytes, box, tracks) {
  const fields = new Fields(bytes, find(bytes, box, 'tfhd'));
  const id = fields.uint32();
  const track = tracks.findIndex((candidate) => candidate.id === id);
  if (track < 0) throw new NotUnderstood(`a fragment of track ${id}`);
  const { defaults } = tracks[track];
  const absolute = fields.has(HAS_BASE) ? { at: fields.at, base: fields.uint64() } : null;
  return {
    track,
    absolute,
    baseIsMoof: fields.has(BASE_IS_MOOF),
    description: fields.has(HAS_DESCRIPTION) ? fields.uint32() : defaults.description,
    duration: fields.has(HAS_DURATION) ? fields.uint32() : defaults.duration,
    size: fields.has(HAS_SIZE) ? fields.uint32() : defaults.size,
    flags: fields.has(HAS_FLAGS) ? fields.uint32() : defaults.flags,
  };
}

/**
 * @param {Uint8Array} bytes
 * @param {import('./box.js').Box} box of the track fragment
 * @param {Traf} traf
 * @param {{base: number, left: {samples: number}, runs: import('./run.js').Run[]}} into base: the position that data is
 *   counted from; left: how many samples the fragment may still have, is lowered; runs: gets the runs
 * @returns {number} where the data of the last run ends
 */
function readRuns(bytes, box, traf, { base, left, runs }) {
  let end = base;
  /** @type {number | null} */
  let time = null;
  for (const child of children(bytes, box)) {
    if (child.type === 'tfdt') time = readTime(bytes, child);
    else if (child.type === 'trun') {
      const run = readRun(bytes, child, { traf, base, follows: end, time, mostSamples: left.samples });
      end = run.at + run.bytes;
      left.samples -= run.sizes.length;
      if (run.sizes.length === 0) continue;
      runs.push(run);
      time = null;
    } else if (!IGNORED_IN_TRAF.has(child.type)) throw new NotUnderstood(`${child.type} in a traf`);
  }
  return end;
}

/** When the first sample is decoded (8.8.12). @param {Uint8Array} bytes @param {import('./box.js').Box} tfdt */
function readTime(bytes, tfdt) {
  const fields = new Fields(bytes, tfdt);
  return fields.version === 1 ? fields.uint64() : fields.uint32();
}
