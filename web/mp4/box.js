/**
 * Reads boxes: a size, a type, then the data. All clause numbers in this folder, such as 4.2 for this one, are of
 * ISO/IEC 14496-12:2015.
 */

import { NotUnderstood } from '../container/not-understood.js';

/**
 * The position of a box in its bytes. `end` is the position after its data. It is after the last byte if the rest has not come
 * yet.
 *
 * @typedef {{type: string, at: number, dataAt: number, end: number}} Box
 */

/** A header: the size and the type, and for a size of 64 bits eight more. In bytes. */
export const HEADER_BYTES = 8;
export const LARGE_HEADER_BYTES = 16;

/** What stands in a header's size where the true one follows the type. */
export const SIZE_IS_LARGE = 1;

/** Letters and the like; © begins the types of QuickTime's notes. */
const TYPE = /^[\x20-\x7e\xa9]{4}$/;

/**
 * The box whose header is at `at`. Its data need not be there.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {Box | null} null where the header is not whole
 * @throws {NotUnderstood} also for a box that goes on to the end of the file, whenever that is (size 0)
 */
export function readBox(bytes, at) {
  if (at + HEADER_BYTES > bytes.length) return null;
  const type = fourcc(bytes, at + 4);
  if (!TYPE.test(type)) throw new NotUnderstood(`no box at ${at}`);
  const view = viewOf(bytes);
  const size = view.getUint32(at);
  if (size !== SIZE_IS_LARGE) return boxOf(type, at, HEADER_BYTES, size);
  if (at + LARGE_HEADER_BYTES > bytes.length) return null;
  return boxOf(type, at, LARGE_HEADER_BYTES, Number(view.getBigUint64(at + HEADER_BYTES)));
}

/** @param {string} type @param {number} at @param {number} headerBytes @param {number} size with the header */
function boxOf(type, at, headerBytes, size) {
  if (size < headerBytes) throw new NotUnderstood(`${type} of ${size} bytes, at ${at}`);
  return { type, at, dataAt: at + headerBytes, end: at + size };
}

/**
 * The boxes in the data of a parent that is wholly there.
 *
 * @param {Uint8Array} bytes
 * @param {Box} parent
 * @returns {Box[]}
 * @throws {NotUnderstood} where they do not fit the parent exactly
 */
export function children(bytes, parent) {
  const found = [];
  for (let at = parent.dataAt; at < parent.end;) {
    const child = readBox(bytes, at);
    if (!child || child.end > parent.end) throw new NotUnderstood(`a box that ends outside of ${parent.type}, at ${at}`);
    found.push(child);
    at = child.end;
  }
  return found;
}

/**
 * @param {Uint8Array} bytes
 * @param {Box} parent
 * @param {...string} path types, one within the other; the first of each
 * @returns {Box}
 * @throws {NotUnderstood} where there is none
 */
export function find(bytes, parent, ...path) {
  return path.reduce((box, type) => {
    const child = children(bytes, box).find((candidate) => candidate.type === type);
    if (!child) throw new NotUnderstood(`no ${type} in ${box.type}`);
    return child;
  }, parent);
}

/** @param {Uint8Array} bytes that are one box, and nothing else */
export function wholeBox(bytes) {
  return /** @type {Box} */ (readBox(bytes, 0));
}

/** @param {Uint8Array} bytes @param {number} at */
export function fourcc(bytes, at) {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** @param {Uint8Array} bytes */
export const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads the fields of a full box, one after the other: it begins with a version and flags. Throws NotUnderstood at its end. */
export class Fields {
  #bytes;
  #view;
  #end;

  /** @param {Uint8Array} bytes @param {Box} box wholly there */
  constructor(bytes, { dataAt, end }) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#end = end;
    this.at = dataAt; // the next field
    const versionAndFlags = this.uint32();
    this.version = versionAndFlags >>> 24;
    this.flags = versionAndFlags & 0xffffff;
  }

  /** @param {number} flag @returns {boolean} */
  has(flag) { return (this.flags & flag) !== 0; }

  uint32() { return this.#view.getUint32(this.#take(4)); }

  int32() { return this.#view.getInt32(this.#take(4)); }

  uint64() { return exact(this.#view.getBigUint64(this.#take(8))); }

  int64() { return exact(this.#view.getBigInt64(this.#take(8))); }

  /** What is left, as a copy. */
  rest() { return this.#bytes.slice(this.at, this.#end); }

  /** @param {number} count */
  skip(count) { this.#take(count); }

  /** Whether so many bytes are left. @param {number} count */
  holds(count) { return this.at + count <= this.#end; }

  /** @param {number} count */
  #take(count) {
    if (!this.holds(count)) throw new NotUnderstood(`a box cut short, at ${this.at}`);
    const { at } = this;
    this.at += count;
    return at;
  }
}

/** No time and no position is that large: a number beyond is a lie. @param {bigint} value */
function exact(value) {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new NotUnderstood('a number too large');
  return number;
}
