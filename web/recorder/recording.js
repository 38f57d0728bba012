/**
 * One recording on the page, from its start to its end: capture and MediaRecorder. It passes the bytes to the Worker as they
 * come, and the Worker does the rest.
 *
 *   starting ─► recording ⇄ paused ─► stopping ─► completed
 *                    └──────────────┴────┴──────► failed (retry: stopping again) or cancelled
 */

import { BlobWeight } from '../capture/blob-weight.js';
import { openCapture } from '../capture/capture.js';
import { Ending } from './ending.js';
import { asRecorderError, RecorderError } from '../base/errors.js';
import { loadWorker } from './load-worker.js';
import { Media } from '../capture/media.js';
import { askToPersist } from './persist.js';
import { ScreenAwake } from '../capture/screen-awake.js';
import { asMediaType } from '../capture/mime.js';
import { Stopwatch } from '../capture/stopwatch.js';
import { WorkerLine } from './worker-line.js';

/** @typedef {import('./ending.js').RecordingResult} RecordingResult */

const NOTHING = new RecorderError('nothing-recorded', 'the browser has delivered nothing for 10 s');

export class Recording {
  #options;
  #tell;
  #ending;
  /** @type {import('../capture/capture.js').Capture | null} */
  #capture = null;
  /** @type {Media | null} */
  #media = null;
  /** @type {WorkerLine | null} */
  #line = null;
  /** @type {import('../base/messages.js').OpenedSession | null} */
  #session = null;
  #clock = new Stopwatch();
  #screen = new ScreenAwake();
  #weight = new BlobWeight();
  #muted = false;
  #opened = false; // the Worker was asked to open a session
  #stopWanted = false; // stop() came while starting
  /** @type {RecorderError | null} what ended MediaRecorder */
  #mediaError = null;

  /**
   * @param {import('../recorder.js').RecorderOptions & {broker: string, parallel: number}} options
   * @param {import('./ending.js').Tell} tell
   */
  constructor(options, tell) {
    this.#options = options;
    this.#tell = tell;
    this.#ending = new Ending('starting', tell, () => this.#clock.ms);
  }

  get state() { return this.#ending.state; }
  get session() { return this.#session; }
  get stream() { return this.#capture?.stream ?? null; }
  get bubble() { return this.#capture?.bubble ?? null; }
  get level() { return this.#capture?.level ?? 0; }

  /** @param {boolean} muted */
  set muted(muted) {
    this.#muted = muted;
    if (this.#capture) this.#capture.muted = muted;
  }

  /** Over, one way or another: another recording may start. */
  get over() { return this.#ending.over; }

  /**
   * @param {MediaStream | import('../capture/capture.js').CaptureOptions} source
   * @param {() => Promise<unknown>} [ready]
   */
  async start(source, ready) {
    this.#tell('state', { state: 'starting' });
    try {
      this.#line = this.#createLine(); // loads while the person chooses what to share
      this.#capture = await openCapture(source, { bubble: this.#options.bubble, startWorker: (events) => loadWorker(this.#options.workerUrl, events) });
      this.#capture.muted = this.#muted;
      this.#media = this.#createMedia(this.#capture.stream);
      await this.#line.ready; // without it nothing would leave this page: better not to begin
      this.#demandStarting();
      await ready?.();
      this.#demandStarting();
      this.#media.start();
    } catch (error) {
      this.#abandonStart();
      throw asRecorderError(error);
    }
    this.#clock.start();
    this.#ending.enter('recording');
    this.#capture.watch({
      trouble: (error) => { if (this.#capturing) this.#warn(error); },
      eased: (what) => this.#eased(what),
      ended: () => this.#finish(),
    });
    this.#capture.poster().then((poster) => poster && this.#line?.post({ type: 'poster', poster }), () => {}); // it does without
    if (this.#options.wakeLock !== false) this.#screen.hold();
    void askToPersist();
    if (this.#stopWanted) this.#finish();
  }

  /** @param {boolean | MediaTrackConstraints | null} wanted @returns {Promise<void>} */
  async setMicrophone(wanted) {
    if (!this.#capture || this.over || this.state === 'stopping') throw new RecorderError('invalid-state', `the recorder is ${this.state}`);
    await this.#capture.setMicrophone(wanted);
  }

  /** @param {Partial<import('../composite/place.js').BubblePlace>} change */
  setBubble(change) {
    if (!this.#capture || this.over) throw new RecorderError('invalid-state', `the recorder is ${this.state}`);
    this.#capture.setBubble(change);
  }

  pause() {
    if (this.state === 'paused') return;
    this.#demand('recording');
    this.#media?.pause();
    this.#clock.stop();
    this.#ending.enter('paused');
  }

  resume() {
    if (this.state === 'recording') return;
    this.#demand('paused');
    this.#media?.resume();
    this.#clock.start();
    this.#ending.enter('recording');
  }

  /** @returns {Promise<RecordingResult>} the same promise however often it is called */
  stop() {
    if (this.state === 'starting') this.#stopWanted = true;
    else this.#finish();
    return this.#ending.outcome;
  }

  /** After `failed`: sends what S3 lacks. @returns {Promise<RecordingResult>} */
  retry() {
    this.#demand('failed');
    return this.#ending.retry(this.#line);
  }

  /** @returns {Promise<void>} */
  cancel() {
    if (this.state === 'idle') return Promise.resolve(); // it did not start
    return this.#ending.cancel(() => {
      this.#release();
      if (this.#opened && this.#line?.alive) return this.#line.post({ type: 'cancel' });
      this.#line?.close();
      this.#ending.cancelled();
    });
  }

  /** Lets go of what a failed recording still holds for a retry. */
  dispose() {
    if (!this.#ending.isCancelling) this.#line?.close(); // a cancel under way has its Worker abort the upload, and closes itself
  }

  /** @param {MediaStream} stream */
  #createMedia(stream) {
    return new Media(stream, this.#options, {
      started: () => this.#open(),
      data: (blob) => this.#data(blob),
      failed: (error) => this.#mediaFailed(error),
      overdue: (nothing) => (nothing ? this.#warn(NOTHING) : this.#eased(NOTHING)),
      stopped: () => this.#mediaStopped(),
      ended: () => this.#mediaEnded(),
      late: (bytes) => this.#late(bytes),
    });
  }

  #createLine() {
    return new WorkerLine(this.#options, {
      opened: (session) => { if (!this.over) this.#openedAs(session); },
      progress: (progress) => { if (!this.over) this.#tell('progress', this.#progress(progress)); },
      part: (part) => { if (!this.over) this.#tell('part', part); },
      full: (error) => { this.#warn(error); this.#finish(); },
      trouble: (error) => this.#warn(error),
      completed: (result) => this.#ending.completed(result),
      failed: (error) => this.#fail(error),
      cancelled: (error) => this.#ending.cancelled(error),
    });
  }

  /** Opens the session, once MediaRecorder has settled what it really records. */
  #open() {
    if (this.#opened || this.state === 'cancelled') return;
    this.#opened = true;
    const { broker, name, metadata, parallel, maxBytes, onAbandon } = this.#options;
    const contentType = asMediaType(this.#media?.mimeType ?? '');
    this.#line?.post({ type: 'record', job: { broker, name, metadata, parallel, maxBytes, onAbandon, contentType } });
  }

  /** @param {import('../base/messages.js').OpenedSession} session */
  #openedAs(session) {
    this.#session = session;
    this.#tell('progress', this.#progress());
  }

  /** @param {Blob} blob */
  #data(blob) {
    if (this.state === 'cancelled') return;
    if (blob.size > 0) {
      this.#open(); // in case the data was faster than the start event
      this.#line?.post({ type: 'data', blob, durationMs: this.#clock.ms });
      this.#weight.add(blob);
    }
    if (this.#capture?.over) this.#finish(); // MediaRecorder goes on when only the picture has ended (Chromium)
  }

  get #capturing() { return this.state === 'recording' || this.state === 'paused'; }

  /** @param {RecorderError} error MediaRecorder gives up: what it has recorded is still worth keeping */
  #mediaFailed(error) {
    this.#mediaError = error;
    this.#warn(error);
    this.#finish();
  }

  #finish() {
    if (!this.#capturing) return;
    this.#clock.stop();
    this.#ending.enter('stopping');
    this.#media?.stop();
  }

  #mediaStopped() {
    this.#finish();
    this.#release();
  }

  /** MediaRecorder has handed over everything. */
  #mediaEnded() {
    if (this.state === 'cancelled') return;
    if (this.#opened) this.#line?.post({ type: 'end', durationMs: this.#clock.ms });
    else this.#fail(new RecorderError('empty', 'nothing was recorded'));
  }

  /** This is told also of a recording that is over: it lacks them. @param {number} bytes */
  #late(bytes) {
    if (this.state === 'cancelled') return;
    const error = new RecorderError('bytes-lost', `the browser delivered ${bytes} bytes after the end of the recording`);
    this.#tell('error', { error, fatal: false });
  }

  /** @param {RecorderError} failure */
  #fail(failure) {
    if (this.state === 'starting') return; // start() itself rejects
    if (this.over) {
      if (!this.#line?.alive) this.#ending.cancelled(failure); // otherwise the Worker says how the cancel went
      return;
    }
    const empty = failure.code === 'empty';
    const error = (empty && this.#mediaError) || failure;
    if (empty) this.#line?.close();
    this.#clock.stop();
    this.#ending.failed(error);
    this.#release(); // the rest of what was recorded still reaches the Worker, for a retry
  }

  /** Ends capturing. */
  #release() {
    this.#media?.stop();
    this.#capture?.close();
    this.#screen.release();
  }

  /** A start that did not succeed leaves nothing behind; its rejection says why. */
  #abandonStart() {
    this.#capture?.close();
    this.#line?.close();
    this.#capture = this.#line = null;
    if (this.state === 'cancelled') return;
    this.#ending.reject(new RecorderError('invalid-state', 'the recording did not start'));
    this.#ending.enter('idle');
  }

  /** @param {import('../base/messages.js').Progress} [progress] */
  #progress(progress) {
    const none = { recordedBytes: 0, uploadedBytes: 0, sendingBytes: 0, partsUploaded: 0, partsInFlight: 0 };
    return { ...none, ...progress, durationMs: this.#clock.ms };
  }

  /** @param {RecorderError} error */
  #warn(error) {
    if (!this.over) this.#tell('error', { error, fatal: false });
  }

  /** @param {{code: string, field?: string}} what was told of */
  #eased({ code, field }) {
    if (this.#capturing) this.#tell('eased', { code, field });
  }

  /** A person may cancel, or stop sharing, while we wait. */
  #demandStarting() {
    if (this.state !== 'starting') throw new RecorderError('cancelled', 'cancelled while starting');
    if (this.#capture?.over) throw new RecorderError('cancelled', 'what was to be recorded ended before recording began');
  }

  /** @param {import('./ending.js').State} state */
  #demand(state) {
    if (this.state !== state) throw new RecorderError('invalid-state', `the recorder is ${this.state}, not ${state}`);
  }
}
