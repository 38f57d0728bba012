/**
 * Writes boxes (4.2). A box is a list of pieces, so that large tables are not copied from parent to parent.
 */

import { HEADER_BYTES, SIZE_IS_LARGE, viewOf } from './box.js';
import { Column } from './column.js';

/**
 * @typedef {Uint8Array | Column} Piece
 *
 * @param {string} type
 * @param {...(Piece | Piece[])} content
 * @returns {Piece[]}
 */
export function box(type, ...content) {
  const pieces = content.flat();
  return [boxHeader(type, HEADER_BYTES + lengthOf(pieces)), ...pieces];
}

/**
 * @param {string} type
 * @param {number} version
 * @param {number} flags
 * @param {...(Piece | Piece[])} content
 */
export function fullBox(type, version, flags, ...content) {
  return box(type, uint32s(version * 2 ** 24 + flags), ...content);
}

/**
 * @param {Piece[]} pieces
 * @returns {Uint8Array<ArrayBuffer>} the box; what is added to a column from now on is written into these bytes
 */
export function join(pieces) {
  const all = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    if (piece instanceof Column) piece.writeTo(all.subarray(at, at + piece.length));
    else all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** @param {Piece[]} pieces */
export function lengthOf(pieces) {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** @param {string} type @param {number} size with the header */
export function boxHeader(type, size) {
  const bytes = uint32s(size, 0);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  return bytes;
}

/** A header that has room for any size. @param {string} type @param {number} size with the header */
export function largeHeader(type, size) {
  return join([boxHeader(type, SIZE_IS_LARGE), uint64s(size)]);
}

/** Zeros, which any reader skips (8.1.2). @param {number} size with the header */
export function freeBox(size) {
  const bytes = new Uint8Array(size);
  bytes.set(boxHeader('free', size));
  return bytes;
}

/** @param {...number} values may be negative */
export function uint32s(...values) {
  const bytes = new Uint8Array(4 * values.length);
  const view = viewOf(bytes);
  values.forEach((value, i) => view.setUint32(4 * i, value));
  return bytes;
}

/** @param {...number} values may be negative */
export function uint64s(...values) {
  const bytes = new Uint8Array(8 * values.length);
  const view = viewOf(bytes);
  values.forEach((value, i) => view.setBigInt64(8 * i, BigInt(value)));
  return bytes;
}
