/**
 * Numbers written in groups of 7 bits, the lowest group first. All groups but the last have the eighth bit set. Small numbers
 * take one byte, and no number is larger than 2^53.
 */

import { NotUnderstood } from '../container/not-understood.js';

/** The longest takes so many bytes. */
const MOST_BYTES = 8;
const LEAST_CAPACITY = 4096;

/** Numbers in one piece of memory that only grows. */
export class NumberWriter {
  #bytes;
  #length;

  /** @param {Uint8Array<ArrayBuffer>} bytes that are there already; they are never changed */
  constructor(bytes) {
    this.#bytes = bytes;
    this.#length = bytes.length;
  }

  /** What was written, and what was there before. A view, which stays as it is. */
  get bytes() { return this.#bytes.subarray(0, this.#length); }

  /** How much memory it takes. */
  get capacity() { return this.#bytes.length; }

  /** @param {number} value from 0 on */
  add(value) {
    if (this.#length + MOST_BYTES > this.#bytes.length) this.#grow();
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = 0x80 | rest % 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /** @param {number} value */
  addSigned(value) {
    this.add(value < 0 ? -2 * value - 1 : 2 * value);
  }

  #grow() {
    const grown = new Uint8Array(Math.max(LEAST_CAPACITY, Math.ceil(1.25 * this.#bytes.length)));
    grown.set(this.bytes);
    this.#bytes = grown;
  }
}

export class NumberReader {
  #bytes;
  #at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  get atEnd() { return this.#at >= this.#bytes.length; }

  /** @throws {NotUnderstood} where there is none */
  next() {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      if (this.atEnd) throw new NotUnderstood('a number cut short');
      const byte = this.#bytes[this.#at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  nextSigned() {
    const value = this.next();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }
}

/**
 * FNV-1a, 32 bits: tells whether bytes are those that they were (http://www.isthe.com/chongo/tech/comp/fnv/, read 2026-11-29).
 *
 * @param {Uint8Array} bytes
 * @param {number} [hash] of what stands before them
 * @returns {number}
 */
export function hashOf(bytes, hash = 0x811c9dc5) {
  let now = hash;
  for (const byte of bytes) now = Math.imul(now ^ byte, 0x01000193);
  return now >>> 0;
}
