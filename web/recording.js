/**
 * One recording on the page's side, from start to its end: capture and MediaRecorder. The bytes go to the Worker as
 * they come, which does the rest.
 *
 *   starting ─► recording ⇄ paused ─► stopping ─► completed
 *                    └──────────────┴────┴──────► failed (retry: stopping again) or cancelled
 */

import { BlobWeight } from './blob-weight.js';
import { openCapture } from './capture.js';
import { deferred } from './deferred.js';
import { asRecorderError, RecorderError } from './errors.js';
import { Media } from './media.js';
import { asMediaType } from './mime.js';
import { Stopwatch } from './stopwatch.js';
import { UploadLink } from './upload-link.js';

/**
 * @typedef {'idle' | 'starting' | 'recording' | 'paused' | 'stopping' | 'completed' | 'failed' | 'cancelled'} State
 *
 * @typedef {import('./messages.js').Result & {durationMs: number}} RecordingResult
 *
 * @typedef {(name: 'state' | 'progress' | 'part' | 'error', detail: object) => void} Tell
 */

export class Recording {
  #options;
  #tell;
  /** @type {State} */
  #state = 'starting';
  /** @type {import('./capture.js').Capture | null} */
  #capture = null;
  /** @type {Media | null} */
  #media = null;
  /** @type {UploadLink | null} */
  #link = null;
  /** @type {import('./messages.js').Session | null} */
  #session = null;
  #clock = new Stopwatch();
  #weight = new BlobWeight();
  /** @type {import('./deferred.js').Deferred<RecordingResult>} */
  #outcome = deferred();
  /** @type {import('./deferred.js').Deferred<void> | null} */
  #cancelling = null;
  #muted = false;
  #opened = false; // the Worker was asked to open a session
  #stopWanted = false; // stop() came while starting
  /** @type {RecorderError | null} what ended MediaRecorder */
  #mediaError = null;

  /**
   * @param {import('./recorder.js').RecorderOptions & {broker: string, parallel: number}} options
   * @param {Tell} tell
   */
  constructor(options, tell) {
    this.#options = options;
    this.#tell = tell;
  }

  get state() { return this.#state; }
  get session() { return this.#session; }
  get stream() { return this.#capture?.stream ?? null; }
  get level() { return this.#capture?.level ?? 0; }

  /** @param {boolean} muted */
  set muted(muted) {
    this.#muted = muted;
    if (this.#capture) this.#capture.muted = muted;
  }

  /** Over, one way or another: another recording may start. */
  get over() {
    return ['idle', 'completed', 'failed', 'cancelled'].includes(this.#state);
  }

  /**
   * @param {MediaStream | import('./capture.js').CaptureOptions} source
   * @param {() => Promise<unknown>} [ready]
   */
  async start(source, ready) {
    this.#tell('state', { state: 'starting' });
    try {
      this.#link = this.#createLink(); // loads while the person chooses what to share
      this.#capture = await openCapture(source);
      this.#capture.muted = this.#muted;
      this.#media = this.#createMedia(this.#capture.stream);
      await this.#link.ready; // without it nothing would leave this page: better not to begin
      this.#demandStarting();
      await ready?.();
      this.#demandStarting();
      this.#media.start();
    } catch (error) {
      this.#abandonStart();
      throw asRecorderError(error);
    }
    this.#capture.watch({
      lost: (error) => { if (this.#capturing) this.#warn(error); },
      ended: () => this.#finish(),
    });
    this.#clock.start();
    this.#setState('recording');
    if (this.#capture.silenced) this.#warn(new RecorderError('audio-suspended', 'the browser mutes the mixed sound until the page is clicked'));
    if (this.#stopWanted) this.#finish();
  }

  /** @param {boolean | MediaTrackConstraints | null} wanted @returns {Promise<void>} */
  async setMicrophone(wanted) {
    if (!this.#capture || this.over || this.#state === 'stopping') throw new RecorderError('invalid-state', `the recorder is ${this.#state}`);
    await this.#capture.setMicrophone(wanted);
  }

  pause() {
    if (this.#state === 'paused') return;
    this.#demand('recording');
    this.#media?.pause();
    this.#clock.stop();
    this.#setState('paused');
  }

  resume() {
    if (this.#state === 'recording') return;
    this.#demand('paused');
    this.#media?.resume();
    this.#clock.start();
    this.#setState('recording');
  }

  /** @returns {Promise<RecordingResult>} the same promise however often it is called */
  stop() {
    if (this.#state === 'starting') this.#stopWanted = true;
    else this.#finish();
    return this.#outcome.promise;
  }

  /** After `failed`: sends what S3 lacks. @returns {Promise<RecordingResult>} */
  retry() {
    this.#demand('failed');
    if (!this.#link?.alive) return this.#outcome.promise; // nothing is left to retry with
    this.#outcome = deferred();
    this.#setState('stopping');
    this.#link.post({ type: 'retry' });
    return this.#outcome.promise;
  }

  /** @returns {Promise<void>} */
  cancel() {
    if (this.#cancelling) return this.#cancelling.promise;
    if (this.#state === 'idle') return Promise.resolve(); // it did not start
    if (this.#state === 'completed') return Promise.reject(new RecorderError('invalid-state', 'the recording is completed'));
    this.#cancelling = deferred();
    const { promise, resolve } = this.#cancelling;
    this.#setState('cancelled');
    this.#outcome.reject(new RecorderError('cancelled', 'the recording was cancelled'));
    this.#release();
    if (this.#opened && this.#link?.alive) {
      this.#link.post({ type: 'cancel' });
    } else {
      this.#link?.close();
      resolve();
    }
    return promise;
  }

  /** Lets go of what a failed recording still holds for a retry. */
  dispose() {
    if (!this.#cancelling) this.#link?.close(); // a cancel under way has its Worker abort the upload, and closes itself
  }

  /** @param {MediaStream} stream */
  #createMedia(stream) {
    return new Media(stream, this.#options, {
      started: () => this.#open(),
      data: (blob) => this.#data(blob),
      failed: (error) => this.#mediaFailed(error),
      stopped: () => this.#mediaStopped(),
      ended: () => this.#mediaEnded(),
      late: (bytes) => this.#late(bytes),
    });
  }

  #createLink() {
    return new UploadLink(this.#options, {
      opened: (session) => { if (!this.over) this.#openedAs(session); },
      progress: (progress) => { if (!this.over) this.#tell('progress', this.#progress(progress)); },
      part: (part) => { if (!this.over) this.#tell('part', part); },
      full: (error) => { this.#warn(error); this.#finish(); },
      trouble: (error) => this.#warn(error),
      completed: (result) => this.#complete(result),
      failed: (error) => this.#fail(error),
      cancelled: (error) => (error ? this.#cancelling?.reject(error) : this.#cancelling?.resolve()),
    });
  }

  /** Opens the session, once MediaRecorder has settled what it really records. */
  #open() {
    if (this.#opened || this.#state === 'cancelled') return;
    this.#opened = true;
    const { broker, name, metadata, parallel, maxBytes, onAbandon } = this.#options;
    const contentType = asMediaType(this.#media?.mimeType ?? '');
    this.#link?.post({ type: 'record', job: { broker, name, metadata, parallel, maxBytes, onAbandon, contentType } });
  }

  /** @param {import('./messages.js').Session} session */
  #openedAs(session) {
    this.#session = session;
    this.#tell('progress', this.#progress());
  }

  /** @param {Blob} blob */
  #data(blob) {
    if (this.#state === 'cancelled') return;
    if (blob.size > 0) {
      this.#open(); // in case the data was faster than the start event
      this.#link?.post({ type: 'data', blob, durationMs: this.#clock.ms });
      this.#weight.add(blob);
    }
    if (this.#capture?.over) this.#finish(); // MediaRecorder goes on when only the picture has ended (Chromium)
  }

  get #capturing() {
    return this.#state === 'recording' || this.#state === 'paused';
  }

  /** @param {RecorderError} error MediaRecorder gives up: what it has recorded is still worth keeping */
  #mediaFailed(error) {
    this.#mediaError = error;
    this.#warn(error);
    this.#finish();
  }

  #finish() {
    if (!this.#capturing) return;
    this.#clock.stop();
    this.#setState('stopping');
    this.#media?.stop();
  }

  #mediaStopped() {
    this.#finish();
    this.#release();
  }

  /** MediaRecorder has handed over everything. */
  #mediaEnded() {
    if (this.#state === 'cancelled') return;
    if (this.#opened) this.#link?.post({ type: 'end' });
    else this.#fail(new RecorderError('empty', 'nothing was recorded'));
  }

  /** This is told also of a recording that is over: it lacks them. @param {number} bytes */
  #late(bytes) {
    if (this.#state === 'cancelled') return;
    const error = new RecorderError('bytes-lost', `the browser delivered ${bytes} bytes after the end of the recording`);
    this.#tell('error', { error, fatal: false });
  }

  /** @param {import('./messages.js').Result} result */
  #complete(result) {
    const whole = { ...result, durationMs: this.#clock.ms };
    if (this.#cancelling) this.#outcome = deferred(); // what stop() gave before was rejected by the cancel
    this.#setState('completed', { result: whole });
    this.#outcome.resolve(whole);
    // The cancel came too late: the link plays.
    this.#cancelling?.reject(new RecorderError('invalid-state', 'it was already completed'));
  }

  /** @param {RecorderError} failure */
  #fail(failure) {
    if (this.#state === 'starting') return; // start() itself rejects
    if (this.over) {
      if (!this.#link?.alive) this.#cancelling?.reject(failure); // otherwise `cancelled` follows
      return;
    }
    const empty = failure.code === 'empty';
    const error = (empty && this.#mediaError) || failure;
    if (empty) this.#link?.close();
    this.#clock.stop();
    this.#tell('error', { error, fatal: true });
    this.#setState('failed', { error });
    this.#outcome.reject(error);
    this.#release(); // the rest of what was recorded still reaches the Worker, for a retry
  }

  /** Ends capturing. */
  #release() {
    this.#media?.stop();
    this.#capture?.close();
  }

  /** A start that did not succeed leaves nothing behind; its rejection says why. */
  #abandonStart() {
    this.#capture?.close();
    this.#link?.close();
    this.#capture = this.#link = null;
    if (this.#state === 'cancelled') return;
    this.#outcome.reject(new RecorderError('invalid-state', 'the recording did not start'));
    this.#setState('idle');
  }

  /** @param {import('./messages.js').Progress} [progress] */
  #progress(progress) {
    const none = { recordedBytes: 0, uploadedBytes: 0, sendingBytes: 0, partsUploaded: 0, partsInFlight: 0 };
    return { ...none, ...progress, durationMs: this.#clock.ms };
  }

  /** @param {RecorderError} error */
  #warn(error) {
    if (!this.over) this.#tell('error', { error, fatal: false });
  }

  /** @param {State} state @param {object} [more] */
  #setState(state, more) {
    this.#state = state;
    this.#tell('state', { state, ...more });
  }

  /** A person may cancel, or stop sharing, while we wait. */
  #demandStarting() {
    if (this.#state !== 'starting') throw new RecorderError('cancelled', 'cancelled while starting');
    if (this.#capture?.over) throw new RecorderError('cancelled', 'what was to be recorded ended before recording began');
  }

  /** @param {State} state */
  #demand(state) {
    if (this.#state !== state) throw new RecorderError('invalid-state', `the recorder is ${this.#state}, not ${state}`);
  }
}
