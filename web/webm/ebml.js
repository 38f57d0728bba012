/**
 * Reads and writes EBML elements: an ID, the size of the data, the data (RFC 8794 section 4 to 7).
 */

import { concat } from '../container/concat.js';
import { NotUnderstood } from '../container/not-understood.js';
import { ID } from './matroska.js';

/**
 * The position of an element in its bytes. `end` is the position after its data. It is Infinity if the size is unknown, and
 * after the last byte if the rest has not come yet.
 *
 * @typedef {{id: number, at: number, dataAt: number, end: number}} Element
 */

/** What {@link readUint} reads at most. A tick or a position beyond it is a lie, and would not fit a CuePoint of ours. */
const MAX_UINT = 2 ** 48 - 1;

/**
 * The element whose header is at `at`. Its data need not be there.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {Element | null} null where the header is not whole
 * @throws {NotUnderstood} for an ID longer than 4 bytes, which Matroska does not have, or a size longer than 8
 */
export function readElement(bytes, at) {
  if (at >= bytes.length) return null;
  const idLength = vintLength(bytes[at]);
  if (idLength > 4) throw new NotUnderstood(`no ID at ${at}`);
  const sizeAt = at + idLength;
  if (sizeAt >= bytes.length) return null;
  const dataAt = sizeAt + vintLength(bytes[sizeAt]);
  if (dataAt > sizeAt + 8) throw new NotUnderstood(`no size at ${sizeAt}`);
  if (dataAt > bytes.length) return null;
  return { id: bigEndian(bytes, at, sizeAt), at, dataAt, end: dataAt + vintValue(bytes, sizeAt, dataAt) };
}

/**
 * The elements in the data of a parent that is wholly there.
 *
 * @param {Uint8Array} bytes
 * @param {Element} parent
 * @returns {Generator<Element, void, void>}
 * @throws {NotUnderstood} where they do not fit the parent exactly
 */
export function* children(bytes, parent) {
  for (let at = parent.dataAt; at < parent.end;) {
    const child = readElement(bytes, at);
    if (!child || child.end > parent.end) throw new NotUnderstood(`an element that ends outside its parent, at ${at}`);
    yield child;
    at = child.end;
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {Element} element
 * @returns {number} 0 to 2^48 - 1
 * @throws {NotUnderstood} above
 */
export function readUint(bytes, { dataAt, end }) {
  const value = bigEndian(bytes, dataAt, end);
  if (value > MAX_UINT) throw new NotUnderstood(`a number too large, at ${dataAt}`);
  return value;
}

/**
 * A number in the form of an element's size, such as a block's track number.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {{value: number, end: number}} value: Infinity where all bits are set
 * @throws {NotUnderstood} where there is none
 */
export function readVint(bytes, at) {
  const end = at + vintLength(bytes[at]);
  if (end > at + 8 || end > bytes.length) throw new NotUnderstood(`no number at ${at}`);
  return { value: vintValue(bytes, at, end), end };
}

/** @param {number} first its first byte @returns {number} 1 to 8; 9 where the byte is 0 and starts none */
const vintLength = (first) => Math.clz32(first) - 23;

/** @param {Uint8Array} bytes @param {number} at @param {number} end @returns {number} Infinity where all bits are set */
function vintValue(bytes, at, end) {
  const mask = 0xff >> (end - at);
  const first = bytes[at] & mask;
  const rest = bytes.subarray(at + 1, end);
  if (first === mask && rest.every((byte) => byte === 0xff)) return Infinity;
  return first * 256 ** rest.length + bigEndian(bytes, at + 1, end);
}

/** @param {Uint8Array} bytes @param {number} at @param {number} end @returns {number} rounded above 2^53 */
function bigEndian(bytes, at, end) {
  let value = 0;
  for (let i = at; i < end; i++) value = value * 256 + bytes[i];
  return value;
}

/**
 * @param {number} id
 * @param {...(Uint8Array | number[])} content
 * @returns {Uint8Array<ArrayBuffer>} the whole element, in the fewest bytes
 */
export function element(id, ...content) {
  const size = content.reduce((sum, { length }) => sum + length, 0);
  return concat([toBytes(id), sizeBytes(size), ...content]);
}

/**
 * @param {number} id
 * @param {number} value
 * @param {number} [length] of the data, in bytes; the fewest by default
 */
export function uintElement(id, value, length) {
  return element(id, toBytes(value, length));
}

/** @param {number} id @param {number} value written in 8 bytes */
export function floatElement(id, value) {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setFloat64(0, value);
  return element(id, data);
}

/** @param {number} length of the whole element, in bytes; 2 or more */
export function voidElement(length) {
  const sizeLength = length < 10 ? 1 : 8;
  const bytes = new Uint8Array(length);
  bytes.set([ID.Void, ...sizeBytes(length - 1 - sizeLength, sizeLength)]);
  return bytes;
}

/**
 * The header of an element of unknown size, with room for every size.
 *
 * @param {number} id
 */
export function liveHeader(id) {
  return [...toBytes(id), 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
}

/**
 * An element's size.
 *
 * @param {number} size in bytes
 * @param {number} [length] of the number, in bytes; the fewest by default. All bits set would mean "unknown".
 */
export function sizeBytes(size, length = 1) {
  while (size >= 2 ** (7 * length) - 1) length++;
  const bytes = toBytes(size, length);
  bytes[0] |= 0x80 >> (length - 1);
  return bytes;
}

/** @param {number} value @param {number} [length] the least number of bytes */
export function toBytes(value, length = 1) {
  const bytes = [];
  for (let rest = value; rest > 0 || bytes.length < length; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}
