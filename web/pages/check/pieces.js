/**
 * How a file is built: its boxes (MP4) or elements (WebM), in the order in which they stand. It is for people who read
 * these formats, so it repairs nothing: where it stops making sense it stops, and says so.
 *
 * @typedef {{name: string, at: number, bytes: number | null, count?: number}} Piece bytes: with the header, null where the file does not
 *   say; of `count` like it in a row all together
 * @typedef {{pieces: Piece[], stopped?: string}} Outline
 */

import { readBox } from '../../mp4/box.js';
import { readElement } from '../../webm/ebml.js';
import { ID } from '../../webm/matroska.js';

/** Those that hold others. */
const BOXES = new Set(['moov', 'trak', 'edts', 'mdia', 'minf', 'dinf', 'stbl', 'mvex', 'moof', 'traf', 'mfra']);
const ELEMENTS = new Set(['EBML', 'Segment', 'Info', 'Tracks', 'TrackEntry', 'Cluster', 'BlockGroup', 'Cues', 'SeekHead']);
const NAMES = new Map(Object.entries(ID).map(([name, id]) => [id, name]));
/** Those that a reader looks for first. */
const LANDMARKS = new Set(['ftyp', 'styp', 'moov', 'moof', 'mdat', 'mfra', 'sidx', 'free', 'EBML', 'Segment', 'Info', 'Tracks', 'Cluster', 'Cues', 'SeekHead', 'Void']);
/** With this an EBML file begins, and no MP4 that is under 400 MB to its first box's end. */
const EBML_FIRST = ID.EBML >>> 24;

/** @param {Uint8Array} bytes @returns {Outline} */
export function outlineOf(bytes) {
  const webm = bytes[0] === EBML_FIRST;
  const next = webm ? nextElement : nextBox;
  /** @type {Piece[]} */
  const pieces = [];
  try {
    for (let at = 0; at < bytes.length;) {
      const found = next(bytes, at);
      if (!found) return { pieces, stopped: `the header at ${at} is not whole` };
      add(pieces, { name: found.name, at, bytes: Number.isFinite(found.end) ? found.end - at : null });
      at = found.enter ? found.dataAt : found.end;
    }
    return { pieces };
  } catch (error) {
    return { pieces, stopped: error instanceof Error ? error.message : String(error) };
  }
}

/** @param {Uint8Array} bytes @param {number} at */
function nextBox(bytes, at) {
  const box = readBox(bytes, at);
  return box && { name: box.type, dataAt: box.dataAt, end: box.end, enter: BOXES.has(box.type) };
}

/** @param {Uint8Array} bytes @param {number} at */
function nextElement(bytes, at) {
  const element = readElement(bytes, at);
  if (!element) return null;
  const { id, dataAt, end } = element;
  const name = NAMES.get(id) ?? `0x${id.toString(16)}`;
  return { name, dataAt, end, enter: ELEMENTS.has(name) };
}

/** @param {Piece[]} pieces @param {Piece} piece */
function add(pieces, piece) {
  const last = pieces.at(-1);
  if (last?.name !== piece.name || LANDMARKS.has(piece.name) || last.bytes === null || piece.bytes === null) return void pieces.push(piece);
  last.bytes += piece.bytes;
  last.count = (last.count ?? 1) + 1;
}

/**
 * A line of it: `ftyp moov moof mdat moof mdat` as `ftyp moov (moof mdat) ×2`.
 *
 * @param {Outline} outline
 */
export function lineOf({ pieces, stopped }) {
  const names = landmarks(pieces).map(({ name }) => name);
  /** @type {{names: string[], times: number}[]} */
  const runs = [];
  for (let at = 0; at < names.length;) {
    const one = [names.slice(at, at + 1), names.slice(at, at + 2)].find((run) => run.length > 0 && sameAs(run, names.slice(at + run.length, at + 2 * run.length))) ?? names.slice(at, at + 1);
    let times = 1;
    while (sameAs(one, names.slice(at + times * one.length, at + (times + 1) * one.length))) times++;
    runs.push({ names: one, times });
    at += times * one.length;
  }
  const line = runs.map(({ names: run, times }) => (times === 1 ? run.join(' ') : `${run.length > 1 ? `(${run.join(' ')})` : run[0]} ×${times}`)).join(' ');
  return stopped ? `${line} – ${stopped}` : line;
}

/** @param {Piece[]} pieces */
const landmarks = (pieces) => pieces.filter(({ name }) => LANDMARKS.has(name));

/** @param {string[]} a @param {string[]} b */
const sameAs = (a, b) => a.length === b.length && a.every((name, i) => name === b[i]);

/**
 * The landmarks that begin in each slice.
 *
 * @param {Outline} outline
 * @param {{bytes: number}[]} slices
 * @returns {string[][]}
 */
export function bySlice({ pieces }, slices) {
  let end = 0;
  let next = 0;
  const found = landmarks(pieces);
  return slices.map(({ bytes }) => {
    end += bytes;
    const from = next;
    while (next < found.length && found[next].at < end) next++;
    return found.slice(from, next).map(({ name }) => name);
  });
}

/**
 * The bytes before the first media, which say all of how the tracks are built.
 *
 * @param {Uint8Array} bytes
 * @param {Outline} outline
 * @param {number} most
 */
export function headOf(bytes, { pieces }, most) {
  const media = pieces.find(({ name }) => ['moof', 'mdat', 'Cluster'].includes(name));
  return bytes.subarray(0, Math.min(most, media?.at ?? most));
}
