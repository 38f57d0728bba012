/**
 * The head of the file, before the first fragment: an ftyp, and a moov that describes the tracks and has none of their samples
 * (8.8.1).
 */

import { NotUnderstood } from '../container/not-understood.js';
import { children, Fields, find, fourcc, readBox, wholeBox } from './box.js';
import { readSkippedTicks } from './edits.js';
import { readTimes } from './times.js';

/**
 * @typedef {object} Track
 * @property {number} id
 * @property {number} timescale ticks in a second
 * @property {boolean} isPicture
 * @property {Defaults} defaults
 * @property {number} skippedTicks see readSkippedTicks
 * @property {Uint8Array<ArrayBuffer>} trak as it came
 *
 * @typedef {object} Defaults what a fragment need not say of its samples (8.8.3)
 * @property {number} description index of the sample description, from 1
 * @property {number} duration
 * @property {number} size
 * @property {number} flags
 *
 * @typedef {object} Head
 * @property {Uint8Array<ArrayBuffer>} ftyp
 * @property {Uint8Array<ArrayBuffer>} moov
 * @property {number} timescale the movie's ticks in a second
 * @property {Track[]} tracks
 * @property {number} end where what follows starts
 */

/** A head is some thousand bytes. What is larger than this is something else. */
export const MAX_HEAD_BYTES = 1024 * 1024;

/** What may stand between ftyp and moov; it is left out. */
const FILLING = ['free', 'skip', 'wide'];

/** Tables of samples, and where in each the number of its entries stands: after so many 32-bit numbers. */
const ENTRIES_AFTER = new Map([['stts', 0], ['stsc', 0], ['stco', 0], ['co64', 0], ['stsz', 1], ['stz2', 1]]);

/**
 * @param {Uint8Array} bytes from the first one on
 * @returns {Head | null} null where it is not whole
 * @throws {NotUnderstood} where it is not the head of a fragmented MP4
 */
export function readHead(bytes) {
  const ftyp = readOne(bytes, 0, ['ftyp']);
  if (!ftyp) return null;
  for (let at = ftyp.end; ;) {
    // WebKitGTK 2.50 writes ftyp twice (seen 2026-11-29).
    const next = readOne(bytes, at, ['moov', 'ftyp', ...FILLING]);
    if (!next) return null;
    if (next.type === 'moov') return describe(bytes.slice(0, ftyp.end), bytes.slice(next.at, next.end), next.end);
    at = next.end;
  }
}

/** Whether an MP4 begins here. @param {Uint8Array} bytes @throws {NotUnderstood} where something else does */
export function opensMp4(bytes) {
  const first = readBox(bytes, 0);
  if (first) requireOne(first, ['ftyp']);
  return first !== null;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {string[]} expected types
 * @returns {import('./box.js').Box | null} null where it is not wholly there
 */
function readOne(bytes, at, expected) {
  const box = readBox(bytes, at);
  if (!box) return null;
  requireOne(box, expected);
  return box.end > bytes.length ? null : box;
}

/** @param {import('./box.js').Box} box @param {string[]} expected types */
function requireOne({ type, end }, expected) {
  if (!expected.includes(type)) throw new NotUnderstood(`${type} in the head`);
  if (end > MAX_HEAD_BYTES) throw new NotUnderstood('a head too large');
}

/**
 * @param {Uint8Array<ArrayBuffer>} ftyp
 * @param {Uint8Array<ArrayBuffer>} moov
 * @param {number} end
 * @returns {Head}
 */
function describe(ftyp, moov, end) {
  const box = wholeBox(moov);
  const { unit: timescale } = readTimes(moov, find(moov, box, 'mvhd'));
  if (timescale === 0) throw new NotUnderstood('a movie without a timescale');
  const defaults = readDefaults(moov, find(moov, box, 'mvex'));
  const tracks = children(moov, box).filter(({ type }) => type === 'trak').map((trak) => readTrack(moov, trak, defaults, timescale));
  if (tracks.length === 0) throw new NotUnderstood('no track');
  return { ftyp, moov, timescale, tracks, end };
}

/** @param {Uint8Array} moov @param {import('./box.js').Box} mvex @returns {Map<number, Defaults>} by track ID */
function readDefaults(moov, mvex) {
  const defaults = new Map();
  for (const child of children(moov, mvex)) {
    if (child.type !== 'trex') continue;
    const fields = new Fields(moov, child);
    const id = fields.uint32();
    defaults.set(id, { description: fields.uint32(), duration: fields.uint32(), size: fields.uint32(), flags: fields.uint32() });
  }
  return defaults;
}

/**
 * @param {Uint8Array<ArrayBuffer>} moov
 * @param {import('./box.js').Box} trak
 * @param {Map<number, Defaults>} allDefaults
 * @param {number} movieTimescale
 * @returns {Track}
 */
function readTrack(moov, trak, allDefaults, movieTimescale) {
  const { unit: id } = readTimes(moov, find(moov, trak, 'tkhd'));
  const { unit: timescale } = readTimes(moov, find(moov, trak, 'mdia', 'mdhd'));
  const handler = find(moov, trak, 'mdia', 'hdlr');
  requireEmpty(moov, find(moov, trak, 'mdia', 'minf', 'stbl'));
  const defaults = allDefaults.get(id);
  if (!defaults) throw new NotUnderstood(`no trex for track ${id}`);
  if (timescale === 0) throw new NotUnderstood(`track ${id} without a timescale`);
  return {
    id,
    timescale,
    isPicture: fourcc(moov, handler.dataAt + 8) === 'vide', // 8.4.3
    defaults,
    skippedTicks: readSkippedTicks(moov, trak, { timescale, movieTimescale }),
    trak: moov.slice(trak.at, trak.end),
  };
}

/** A moov with samples of its own makes the fragments a second part. @param {Uint8Array} moov @param {import('./box.js').Box} stbl */
function requireEmpty(moov, stbl) {
  for (const table of children(moov, stbl)) {
    const after = ENTRIES_AFTER.get(table.type);
    if (after === undefined) continue;
    const fields = new Fields(moov, table);
    fields.skip(4 * after);
    if (fields.uint32() > 0) throw new NotUnderstood('samples in the first moov');
  }
}
