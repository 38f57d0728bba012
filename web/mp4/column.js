import { NotUnderstood } from '../container/not-understood.js';
import { viewOf } from './box.js';

/**
 * The entries of a table whose number is known beforehand. First call writeTo: then each entry is written straight into
 * the output, without a copy.
 */
export class Column {
  #view = viewOf(new Uint8Array(0));
  #at = 0;

  /** @param {number} numbers how many entries there will be @param {{large?: boolean}} [how] large: of 64 bits, not 32 */
  constructor(numbers, { large = false } = {}) {
    this.large = large;
    /** In bytes. */
    this.length = numbers * (large ? 8 : 4);
  }

  /** @param {Uint8Array} bytes where the entries go; as long as the column */
  writeTo(bytes) {
    this.#view = viewOf(bytes);
  }

  /** @param {number} value may be negative @throws {NotUnderstood} if it is full */
  add(value) {
    if (this.isFull) throw new NotUnderstood('more entries than were counted');
    if (this.large) this.#view.setBigInt64(this.#at, BigInt(value));
    else this.#view.setUint32(this.#at, value);
    this.#at += this.large ? 8 : 4;
  }

  get isFull() { return this.#at === this.length; }
}
