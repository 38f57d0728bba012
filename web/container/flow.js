/**
 * How a recording passes through the code that makes it seekable. Slices of any size come in, and output goes out in order.
 *
 *   reading ──► finished   each step turns input that it understands into output
 *      └─────────┴──► passing   from here on everything goes out unchanged
 */

import { ByteQueue } from './byte-queue.js';
import { NotUnderstood } from './not-understood.js';

/**
 * @typedef {{at: number, bytes: Uint8Array<ArrayBuffer>}} Patch bytes to overwrite at an offset of the output
 *
 * Plain data, good for JSON and for a structured clone.
 *
 * @typedef {object} FlowState
 * @property {number} rawOffset bytes of the input that the output is done with; push goes on from here
 * @property {number} bytes of the output so far
 * @property {'reading' | 'passing' | 'finished'} state
 * @property {number} droppedBytes
 */

export class Flow {
  #step;
  #received;
  #bytes;
  #state;
  /** @type {Uint8Array<ArrayBuffer>[]} not yet handed out */
  #output = [];

  /** Input that is in no output yet. */
  queue = new ByteQueue();

  /** Input that was left out because it breaks off, in bytes; known at the end. */
  droppedBytes;

  /**
   * @param {() => boolean} step reads the queue a little further and puts what comes of it; false where more input is
   *   needed. It may throw NotUnderstood, and has changed nothing then.
   * @param {FlowState} [state] from {@link snapshot}
   */
  constructor(step, { rawOffset, bytes, state, droppedBytes } = { rawOffset: 0, bytes: 0, state: 'reading', droppedBytes: 0 }) {
    this.#step = step;
    this.#received = rawOffset;
    this.#bytes = bytes;
    this.#state = state;
    this.droppedBytes = droppedBytes;
  }

  /** Of the output so far. */
  get bytes() { return this.#bytes; }

  get state() { return this.#state; }

  /** Where in the input the queue begins, in bytes. */
  get inputAt() { return this.#received - this.queue.length; }

  /**
   * Never throws, whatever the bytes are.
   *
   * @param {Uint8Array<ArrayBuffer>} bytes of the input, in order, in slices of any size; copied
   * @returns {Uint8Array<ArrayBuffer>[]} output to be stored now, in order
   */
  push(bytes) {
    this.#received += bytes.length;
    this.queue.append(bytes);
    if (this.#state === 'reading') this.#understood(() => { while (this.#step()); });
    else this.pass();
    return this.#handOut();
  }

  /** @param {() => void} read */
  #understood(read) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      this.pass();
    }
  }

  /**
   * The input has ended.
   *
   * @param {() => void} end puts what is left, and drops the rest; or passes it. It may throw NotUnderstood, as the step.
   * @returns {Uint8Array<ArrayBuffer>[]} the rest of the output
   */
  finish(end) {
    if (this.#state === 'reading') this.#understood(end);
    return this.#handOut();
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes output */
  put(bytes) {
    if (bytes.length > 0) this.#output.push(bytes);
    this.#bytes += bytes.length;
  }

  /** What waits goes out as it came, and so does what follows. */
  pass() {
    this.#state = 'passing';
    this.put(this.queue.take(this.queue.length));
  }

  /** What waits is left out, and counted: the input breaks off in it. */
  drop() {
    this.droppedBytes = this.queue.length;
    this.queue.drop(this.droppedBytes);
    this.#state = 'finished';
  }

  /** @returns {FlowState} */
  snapshot() {
    return { rawOffset: this.inputAt, bytes: this.#bytes, state: this.#state, droppedBytes: this.droppedBytes };
  }

  #handOut() {
    return this.#output.splice(0);
  }
}
