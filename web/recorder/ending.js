/**
 * How a new or a recovered recording ends: completed, failed (and it can be tried again) or cancelled. It has the state, and
 * the promises that wait for the end.
 */

import { deferred } from '../base/deferred.js';
import { RecorderError } from '../base/errors.js';

/**
 * @typedef {'idle' | 'starting' | 'recording' | 'paused' | 'stopping' | 'completed' | 'failed' | 'cancelled'} State
 *
 * @typedef {import('../base/messages.js').Result & {durationMs: number}} RecordingResult
 *
 * @typedef {(name: 'state' | 'progress' | 'part' | 'error' | 'eased', detail: object) => void} Tell
 */

const OVER = ['idle', 'completed', 'failed', 'cancelled'];

export class Ending {
  #tell;
  #durationMs;
  /** @type {import('../base/deferred.js').Deferred<RecordingResult>} */
  #outcome = deferred();
  /** @type {import('../base/deferred.js').Deferred<void> | null} */
  #cancelling = null;

  /**
   * @param {State} state to begin with
   * @param {Tell} tell
   * @param {() => number} durationMs of the recording
   */
  constructor(state, tell, durationMs) {
    this.state = state;
    this.#tell = tell;
    this.#durationMs = durationMs;
  }

  /** Over, one way or another. */
  get over() { return OVER.includes(this.state); }

  /** Until the next retry; a cancel that came too late makes another as well. */
  get outcome() { return this.#outcome.promise; }

  get isCancelling() { return this.#cancelling !== null; }

  /** @param {State} state @param {object} [more] */
  enter(state, more) {
    this.state = state;
    this.#tell('state', { state, ...more });
  }

  /** There will be no result, and nothing is told of it. @param {RecorderError} error */
  reject(error) { this.#outcome.reject(error); }

  /** @param {import('../base/messages.js').Result} result */
  completed(result) {
    const whole = { ...result, durationMs: this.#durationMs() };
    if (this.#cancelling) this.#outcome = deferred(); // what was given before was rejected by the cancel
    this.enter('completed', { result: whole });
    this.#outcome.resolve(whole);
    // The cancel came too late: the link plays.
    this.#cancelling?.reject(new RecorderError('invalid-state', 'it was already completed'));
  }

  /** @param {RecorderError} error */
  failed(error) {
    this.#tell('error', { error, fatal: true });
    this.enter('failed', { error });
    this.#outcome.reject(error);
  }

  /** After a failure: goes on with what S3 lacks, where there is a Worker yet to do so. @param {import('./worker-line.js').WorkerLine | null} link */
  retry(link) {
    if (link?.alive) {
      this.#outcome = deferred();
      this.enter('stopping');
      link.post({ type: 'retry' });
    }
    return this.outcome;
  }

  /**
   * @param {() => void} abort has it thrown away; {@link cancelled} follows
   * @returns {Promise<void>} the same however often it is cancelled
   */
  cancel(abort) {
    if (this.#cancelling) return this.#cancelling.promise;
    if (this.state === 'completed') return Promise.reject(new RecorderError('invalid-state', 'the recording is completed'));
    this.#cancelling = deferred();
    const { promise } = this.#cancelling;
    this.enter('cancelled');
    this.#outcome.reject(new RecorderError('cancelled', 'the recording was cancelled'));
    abort();
    return promise;
  }

  /** @param {RecorderError} [error] why S3 may still hold parts of it */
  cancelled(error) {
    if (error) this.#cancelling?.reject(error);
    else this.#cancelling?.resolve();
  }
}
