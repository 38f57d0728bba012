/**
 * A recording that was interrupted, on its way to S3 after all: what Recorder.recover gives.
 */

import { BaseTarget } from './base-target.js';
import { deferred } from './deferred.js';
import { RecorderError } from './errors.js';
import { UploadLink } from './upload-link.js';

/**
 * @typedef {import('./recording.js').RecordingResult} RecordingResult
 * @typedef {'stopping' | 'completed' | 'failed' | 'cancelled'} RecoveryState
 */

const Base = /** @type {new () => import('./recorder.js').RecorderEventTarget} */ (BaseTarget);

/** Tells what a Recorder tells after its stop: `state`, `progress`, `part` and `error`. */
export class Recovery extends Base {
  #link;
  #durationMs = 0;
  /** @type {RecoveryState} */
  #state = 'stopping';
  /** @type {import('./messages.js').Session | null} */
  #session = null;
  /** @type {import('./deferred.js').Deferred<RecordingResult>} */
  #outcome = deferred();
  /** @type {import('./deferred.js').Deferred<void> | null} */
  #cancelling = null;

  /**
   * @param {string} id
   * @param {{grant: import('./upload-link.js').GrantSource, parallel: number, workerUrl?: string | URL}} options
   */
  constructor(id, { grant, parallel, workerUrl }) {
    super();
    this.#link = new UploadLink({ grant, workerUrl }, {
      recovered: (durationMs) => { this.#durationMs = durationMs; },
      opened: (session) => { this.#session = session; },
      progress: (progress) => this.#tell('progress', { ...progress, durationMs: this.#durationMs }),
      part: (part) => this.#tell('part', part),
      trouble: (error) => this.#tell('error', { error, fatal: false }),
      completed: (result) => this.#complete(result),
      failed: (error) => this.#fail(error),
      cancelled: (error) => (error ? this.#cancelling?.reject(error) : this.#cancelling?.resolve()),
    });
    this.#link.post({ type: 'recover', id, parallel });
  }

  get state() { return this.#state; }

  /** The session's id, once it is known. Another one where the recording had to go into a new session. */
  get id() { return this.#session?.id ?? null; }

  /** The link under which it plays once it is completed. */
  get watchUrl() { return this.#session?.watchUrl ?? null; }

  /** @returns {Promise<RecordingResult>} rejects with what failed; until then the recording stays on this device */
  get result() { return this.#outcome.promise; }

  /** After `failed`: goes on with what S3 lacks. @returns {Promise<RecordingResult>} */
  retry() {
    if (this.#state === 'failed' && this.#link.alive) {
      this.#outcome = deferred();
      this.#enter('stopping');
      this.#link.post({ type: 'retry' });
    }
    return this.#outcome.promise;
  }

  /** Throws it away, here and in S3. @returns {Promise<void>} as that of `Recorder.cancel` */
  cancel() {
    if (this.#cancelling) return this.#cancelling.promise;
    this.#cancelling = deferred();
    const { promise } = this.#cancelling;
    if (this.#state === 'completed') this.#cancelling.reject(new RecorderError('invalid-state', 'the recording is completed'));
    else if (!this.#link.alive) this.#cancelling.reject(new RecorderError('invalid-state', 'nothing is at work on it'));
    else {
      this.#enter('cancelled');
      this.#outcome.reject(new RecorderError('cancelled', 'the recording was cancelled'));
      this.#link.post({ type: 'cancel' });
    }
    return promise;
  }

  /** Lets go of it without an end: it stays on this device, to be recovered another time. */
  close() {
    if (this.#state !== 'completed') this.#outcome.reject(new RecorderError('cancelled', 'left for another time'));
    this.#link.close();
  }

  /** @param {import('./messages.js').Result} result */
  #complete(result) {
    const whole = { ...result, durationMs: this.#durationMs };
    if (this.#cancelling) this.#outcome = deferred(); // the cancel came too late: the link plays
    this.#enter('completed', { result: whole });
    this.#outcome.resolve(whole);
    this.#cancelling?.reject(new RecorderError('invalid-state', 'it was already completed'));
  }

  /** @param {RecorderError} error */
  #fail(error) {
    if (!this.#link.alive) this.#cancelling?.reject(error);
    if (this.#state !== 'stopping') return;
    this.#tell('error', { error, fatal: true });
    this.#enter('failed', { error });
    this.#outcome.reject(error);
  }

  /** @param {RecoveryState} state @param {object} [more] */
  #enter(state, more) {
    this.#state = state;
    this.#tell('state', { state, ...more });
  }

  /** @param {string} name @param {object} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
