/**
 * The upload of an interrupted recording: what Recorder.recover returns.
 */

import { BaseTarget } from '../base/base-target.js';
import { RecorderError } from '../base/errors.js';
import { Ending } from './ending.js';
import { WorkerLine } from './worker-line.js';

/**
 * @typedef {import('./ending.js').RecordingResult} RecordingResult
 * @typedef {'stopping' | 'completed' | 'failed' | 'cancelled'} RecoveryState
 */

const Base = /** @type {new () => import('../recorder.js').RecorderEventTarget} */ (BaseTarget);

/** Tells what a Recorder tells after its stop: `state`, `progress`, `part` and `error`. */
export class Recovery extends Base {
  #line;
  #durationMs = 0;
  #ending = new Ending('stopping', (name, detail) => this.#tell(name, detail), () => this.#durationMs);
  /** @type {import('../base/messages.js').OpenedSession | null} */
  #session = null;

  /**
   * @param {string} id
   * @param {{grant: import('./worker-line.js').GrantSource, parallel: number, workerUrl?: string | URL}} options
   */
  constructor(id, { grant, parallel, workerUrl }) {
    super();
    this.#line = new WorkerLine({ grant, workerUrl }, {
      recovered: (durationMs) => { this.#durationMs = durationMs; },
      opened: (session) => { this.#session = session; },
      progress: (progress) => this.#tell('progress', { ...progress, durationMs: this.#durationMs }),
      part: (part) => this.#tell('part', part),
      trouble: (error) => this.#tell('error', { error, fatal: false }),
      completed: (result) => this.#ending.completed(result),
      failed: (error) => this.#fail(error),
      cancelled: (error) => this.#ending.cancelled(error),
    });
    this.#line.post({ type: 'recover', id, parallel });
  }

  get state() { return /** @type {RecoveryState} */ (this.#ending.state); }

  /** The session's id, once it is known. Another one where the recording had to go into a new session. */
  get id() { return this.#session?.id ?? null; }

  /** The link under which it plays once it is completed. */
  get watchUrl() { return this.#session?.watchUrl ?? null; }

  /** @returns {Promise<RecordingResult>} rejects with what failed; until then the recording stays on this device */
  get result() { return this.#ending.outcome; }

  /** After `failed`: goes on with what S3 lacks. @returns {Promise<RecordingResult>} */
  retry() {
    return this.state === 'failed' ? this.#ending.retry(this.#line) : this.result;
  }

  /** Throws it away, here and in S3. @returns {Promise<void>} as that of `Recorder.cancel` */
  cancel() {
    const idle = !this.#line.alive && !this.#ending.isCancelling && this.state !== 'completed';
    if (idle) return Promise.reject(new RecorderError('invalid-state', 'nothing is at work on it'));
    return this.#ending.cancel(() => this.#line.post({ type: 'cancel' }));
  }

  /** Lets go of it without an end: it stays on this device, to be recovered another time. */
  close() {
    if (this.state !== 'completed') this.#ending.reject(new RecorderError('cancelled', 'left for another time'));
    this.#line.close();
  }

  /** @param {RecorderError} error */
  #fail(error) {
    if (!this.#line.alive) this.#ending.cancelled(error);
    if (this.state === 'stopping') this.#ending.failed(error);
  }

  /** @param {string} name @param {object} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
