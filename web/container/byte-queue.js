/** The least that is allocated, in bytes: so slices of a few bytes do not each cost an allocation. */
const MIN_CAPACITY = 4096;

/** Bytes that wait, in one piece. Adding to it costs the same per byte whatever the sizes it is added in. */
export class ByteQueue {
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;

  get length() {
    return this.#end - this.#start;
  }

  /** What waits. A view, good until the next {@link append}. */
  get bytes() {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** @param {Uint8Array} bytes copied */
  append(bytes) {
    if (this.#end + bytes.length > this.#buffer.length) this.#move(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** @param {number} count bytes from the front, {@link length} at most; as a copy */
  take(count) {
    const taken = this.bytes.slice(0, count);
    this.drop(count);
    return taken;
  }

  /** @param {number} count bytes from the front, {@link length} at most */
  drop(count) {
    this.#start += count;
  }

  /** To a buffer that fits, so that one large cluster does not leave its memory taken for good. */
  #move(/** @type {number} */ more) {
    const held = this.bytes;
    this.#buffer = new Uint8Array(Math.max(held.length + more, 2 * held.length, MIN_CAPACITY));
    this.#buffer.set(held);
    this.#start = 0;
    this.#end = held.length;
  }
}
