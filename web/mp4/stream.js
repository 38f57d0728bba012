/** Finds its way in what follows the head: fragments, and what may stand between them. */

import { NotUnderstood } from '../container/not-understood.js';
import { fourcc, HEADER_BYTES, readBox, viewOf } from './box.js';

/** The most that is held back. Browsers end a fragment with every slice or every few seconds, so what is larger is none. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** What may stand between fragments. Positions in it are relative, so it is passed on as it is. */
export const BETWEEN = new Set(['styp', 'sidx', 'ssix', 'prft', 'emsg', 'free', 'skip', 'wide']);

/** An mfhd, which each moof begins with (8.8.5): its header and a version, and a number. In bytes. */
const MFHD_BYTES = 16;

/** @typedef {{moof: import('./box.js').Box, mdat: import('./box.js').Box}} Pair the two boxes of a fragment */

/**
 * @param {Uint8Array} bytes
 * @param {import('./box.js').Box} box
 * @returns {boolean}
 * @throws {NotUnderstood} where it will not be whole, as far as we go
 */
export function isWhole(bytes, { at, type, end }) {
  if (end - at > MAX_HELD_BYTES) throw new NotUnderstood(`${type} of ${end - at} bytes to hold back`);
  return end <= bytes.length;
}

/**
 * The fragment that begins with the moof at `at`. Of a moof that is written twice the first belongs to nothing, and is not
 * part of it: that is how WebKitGTK 2.50 ends a recording (seen 2026-11-29).
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {Pair | null} null where it is not whole
 * @throws {NotUnderstood} where it is none
 */
export function readPair(bytes, at) {
  const moof = readOne(bytes, at, ['moof']);
  const next = moof && readOne(bytes, moof.end, ['mdat', 'moof']);
  if (!next) return null;
  if (next.type === 'mdat') return { moof, mdat: next };
  if (!isSame(bytes, moof, next)) throw new NotUnderstood('a moof without an mdat');
  const mdat = readOne(bytes, next.end, ['mdat']);
  return mdat && { moof: next, mdat };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {string[]} expected types
 * @returns {import('./box.js').Box | null} null where it is not whole
 */
function readOne(bytes, at, expected) {
  const box = readBox(bytes, at);
  if (box && !expected.includes(box.type)) throw new NotUnderstood(`${box.type} in a fragment`);
  return box && isWhole(bytes, box) ? box : null;
}

/** @param {Uint8Array} bytes @param {import('./box.js').Box} one @param {import('./box.js').Box} other */
function isSame(bytes, one, other) {
  const [a, b] = [one, other].map(({ at, end }) => bytes.subarray(at, end));
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} from
 * @returns {Pair | null} null where it is not whole
 * @throws {NotUnderstood} where something else comes first
 */
export function firstPair(bytes, from) {
  for (let at = from; ;) {
    const box = readBox(bytes, at);
    if (!box) return null;
    if (box.type === 'moof') return readPair(bytes, at);
    if (!BETWEEN.has(box.type)) throw new NotUnderstood(`${box.type} before the first fragment`);
    if (!isWhole(bytes, box)) return null;
    at = box.end;
  }
}

/** Where the box begins that the bytes break off in. @param {Uint8Array} bytes @returns {number} */
export function breakAt(bytes) {
  let at = 0;
  for (let box = readBox(bytes, at); box && box.end <= bytes.length; box = readBox(bytes, at)) at = box.end;
  return at;
}

/** Whether there is what begins a fragment. @param {Uint8Array} bytes @param {number} from */
export function holdsMoof(bytes, from) {
  const view = viewOf(bytes);
  const mfhd = 'm'.charCodeAt(0);
  for (let at = bytes.indexOf(mfhd, from); at >= 0; at = bytes.indexOf(mfhd, at + 1)) {
    if (at < from + 4 || at + HEADER_BYTES + 4 > bytes.length) continue;
    if (fourcc(bytes, at) === 'moof' && fourcc(bytes, at + HEADER_BYTES) === 'mfhd' && view.getUint32(at + 4) === MFHD_BYTES) return true;
  }
  return false;
}
