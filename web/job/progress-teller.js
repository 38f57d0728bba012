/**
 * Reports the progress of a recording and its troubles, but not too often.
 */

import { toPlain } from '../base/errors.js';

/** The same trouble is not told more often than this. */
const TROUBLE_QUIET_MS = 20_000;

export class ProgressTeller {
  #emit;
  #read;
  #everyMs;
  #told = false; // something may be told
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #at = -Infinity;
  /** @type {Map<string, number>} when which trouble was told */
  #troubleAt = new Map();

  /**
   * @param {(message: import('../base/messages.js').FromWorker) => void} emit
   * @param {() => import('../base/messages.js').Progress} read
   * @param {number} everyMs at most one progress message in so long
   */
  constructor(emit, read, everyMs) {
    this.#emit = emit;
    this.#read = read;
    this.#everyMs = everyMs;
  }

  start() {
    this.#told = true;
  }

  /** Nothing is told from here on, until the next start. */
  stop() {
    this.#told = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The numbers changed. */
  changed() {
    if (this.#timer !== undefined || !this.#told) return;
    this.#timer = setTimeout(() => this.tell(), Math.max(0, this.#at + this.#everyMs - performance.now()));
  }

  tell() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#at = performance.now();
    this.#emit({ type: 'progress', progress: this.#read() });
  }

  /** @param {import('../base/errors.js').RecorderError} error that something goes on in spite of */
  trouble(error) {
    const now = performance.now();
    const what = `${error.code} ${error.reason === 'csp' ? 'csp' : error.field ?? ''}`; // what lasts is news, also while the network is away
    if (!this.#told || now - (this.#troubleAt.get(what) ?? -Infinity) < TROUBLE_QUIET_MS) return;
    this.#troubleAt.set(what, now);
    this.#emit({ type: 'trouble', error: toPlain(error) });
  }
}
