/**
 * Slipway's recorder: records in the browser and uploads straight to S3 while recording. It is the only file
 * to import.
 *
 * ```js
 * const recorder = new Recorder({ broker: 'https://broker.example', grant: () => fetchGrantFromMyBackEnd() });
 * recorder.addEventListener('progress', ({ detail }) => console.log(detail.recordedBytes, detail.uploadedBytes));
 * await recorder.start({ screen: true, microphone: true });
 * const { watchUrl } = await recorder.stop();
 * ```
 *
 * Importing it where there is no DOM (server-side rendering) is fine; recording there is not.
 */

import { BaseTarget } from './base/base-target.js';
import { RecorderError } from './base/errors.js';
import { canCompose } from './capture/composed-picture.js';
import { VERSION } from './base/version.js';
import { checkAcceptable } from './recorder/acceptable.js';
import { checkBubble, checkContainer, checked, checkedParallel, checkSource } from './recorder/options.js';
import { Recording } from './recorder/recording.js';
import { Recovery as UnfinishedRecovery } from './recorder/recovery.js';
import { demandSecureContext } from './recorder/secure-context.js';
import { discardUnfinished, listUnfinished } from './job/unfinished.js';
import { uploadFile } from './recorder/upload-file.js';

export { RecorderError, uploadFile };

/**
 * @typedef {object} RecorderOptions
 * @property {string | URL} broker the broker's base URL; one that begins with `/` is on the page's own origin
 * @property {string | (() => string | Promise<string>)} grant allows to open sessions; a function is called anew for
 *   each recording
 * @property {string} [name] what people call it, and the file name it downloads under
 * @property {Record<string, string>} [metadata] kept with the object; names of `a-z 0-9 -`
 * @property {number} [parallel] at most so many PUTs side by side, 1 to 6; how many there are follows the uplink
 * @property {string} [contentType] MIME type to record; chosen by what the browser can do unless given
 * @property {'auto' | 'mp4' | 'webm'} [container] which of them is recorded, where contentType does not say; `auto` is WebM, and in
 *   Apple's engine MP4. `not-supported` from start where the browser cannot
 * @property {number} [videoBitsPerSecond]
 * @property {number} [audioBitsPerSecond]
 * @property {number} [maxBytes] the recording ends cleanly before it grows larger
 * @property {'salvage' | 'abort'} [onAbandon] what the broker does with it if this page never comes back: completes
 *   it from what arrived (the default) or throws it away
 * @property {Partial<BubblePlace>} [bubble] where the camera is drawn in the screen, when both are recorded
 * @property {boolean} [wakeLock] keeps the screen on while it records, where the browser can; unless it is false
 * @property {string | URL} [workerUrl] the Worker's file on the page's own origin, where its policy forbids Workers from blob: URLs
 *
 * @typedef {import('./capture/devices.js').CaptureOptions} CaptureOptions
 * @typedef {import('./composite/place.js').BubblePlace} BubblePlace
 * @typedef {import('./capture/capture.js').Eased} Eased
 * @typedef {import('./recorder/ending.js').State} State
 * @typedef {import('./recorder/ending.js').RecordingResult} RecordingResult
 * @typedef {import('./base/messages.js').Result} UploadResult
 * @typedef {import('./job/unfinished.js').Unfinished} Unfinished
 * @typedef {import('./recorder/recovery.js').Recovery} Recovery
 * @typedef {import('./check/check.js').Finding} Finding
 * @typedef {import('./base/errors.js').ErrorCode} ErrorCode
 * @typedef {Parameters<typeof uploadFile>[1]} UploadOptions
 *
 * @typedef {import('./base/messages.js').Progress & {durationMs: number}} RecordingProgress
 * @typedef {{state: Exclude<State, 'completed' | 'failed'>, result?: undefined, error?: undefined}
 *   | {state: 'completed', result: RecordingResult, error?: undefined}
 *   | {state: 'failed', error: RecorderError, result?: undefined}} StateDetail
 * @typedef {{error: RecorderError, fatal: boolean}} ErrorDetail fatal: the recording has failed; otherwise it goes on
 *   or ends cleanly
 */

/**
 * @typedef {object} RecorderEventMap
 * @property {CustomEvent<StateDetail>} state
 * @property {CustomEvent<RecordingProgress>} progress
 * @property {CustomEvent<{number: number, bytes: number}>} part S3 has it
 * @property {CustomEvent<ErrorDetail>} error
 * @property {CustomEvent<Eased>} eased what an error event told of is over
 *
 * @typedef {{
 *   <K extends keyof RecorderEventMap>(type: K, listener: (event: RecorderEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void,
 *   (type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void,
 * }} Listening
 *
 * @typedef {Omit<EventTarget, 'addEventListener' | 'removeEventListener'>
 *   & {addEventListener: Listening, removeEventListener: Listening}} RecorderEventTarget an EventTarget that knows its events
 */

const Base = /** @type {new () => RecorderEventTarget} */ (BaseTarget);

/**
 * Records one thing at a time, as often as one likes. Events: `state` {@link StateDetail}, `progress`
 * {@link RecordingProgress}, `part` `{number, bytes}` (S3 has it), `error` {@link ErrorDetail}, `eased`
 * {@link Eased}: what an error told of is over.
 */
export class Recorder extends Base {
  #options;
  /** @type {Recording | null} */
  #recording = null;
  #muted = false;

  /**
   * @param {RecorderOptions} options
   * @throws {RecorderError} `invalid`, with `field`
   */
  constructor(options) {
    super();
    this.#options = { ...options, ...checked(options) };
    checkContainer(options);
    checkBubble(options.bubble ?? {});
    checkAcceptable(options);
  }

  /**
   * Looks for what would keep a recording from being made or sent on this very page, and says the line that mends it.
   * It asks for no device, and opens and aborts one session.
   *
   * @param {Pick<RecorderOptions, 'broker' | 'grant' | 'contentType' | 'container' | 'workerUrl'>} options as for the recorder
   * @returns {Promise<import('./check/check.js').Finding[]>} a finding that is not ok has `mend`, where there is a way
   * @throws {RecorderError} `invalid`, with `field`; nothing else
   */
  static async check(options) {
    checked(options);
    checkContainer(options);
    const { check } = await import('./check/check.js'); // few pages do, so few load it
    return check(options);
  }

  /** Slipway's version, such as `1.2.3`. */
  static get version() { return VERSION; }

  /** Whether this browser can record screen and camera in one picture. */
  static get composes() { return canCompose(); }

  /** @returns {State} */
  get state() { return this.#recording?.state ?? 'idle'; }

  /** The session's id, from open on. */
  get id() { return this.#recording?.session?.id ?? null; }

  /** The link under which the recording plays once it is completed, from open on. */
  get watchUrl() { return this.#recording?.session?.watchUrl ?? null; }

  /** What is being recorded, for a preview. */
  get stream() { return this.#recording?.stream ?? null; }

  /**
   * Whether the microphone is recorded as silence; what a shared tab plays is recorded on. Of a MediaStream that was
   * given, all sound counts as the microphone's. Holds from recording to recording.
   */
  get muted() { return this.#muted; }

  set muted(muted) {
    this.#muted = Boolean(muted);
    if (this.#recording) this.#recording.muted = this.#muted;
  }

  /**
   * How loud the microphone is just now, for a meter: 0 (-60 dB or less, or muted) to 1 (full scale), linear in dB. It
   * costs nothing until it is read.
   */
  get level() { return this.#recording?.level ?? 0; }

  /**
   * Starts to record. Call it straight from a click: the browser's screen picker needs one. Resolves when recording
   * has begun; the session opens meanwhile, and if that fails for good an `error` event says so.
   *
   * @param {MediaStream | CaptureOptions} source a stream stays the caller's: its tracks are not stopped
   * @param {{ready?: () => Promise<unknown>}} [how] ready: awaited once everything is open and before recording begins,
   *   for a countdown; `stream`, `level`, `muted` and setMicrophone work by then. If it rejects, so does start
   * @returns {Promise<void>}
   * @throws {RecorderError} `permission-denied`, `device-not-found`, `device-busy`, `not-supported`, `invalid`,
   *   `invalid-state` (already recording), `cancelled`
   */
  async start(source, { ready } = {}) {
    demandSecureContext();
    checkSource(source);
    if (this.#recording && !this.#recording.over) throw new RecorderError('invalid-state', `the recorder is ${this.state}`);
    this.#recording?.dispose();
    /** @type {Recording} */
    const recording = new Recording(this.#options, (name, detail) => {
      if (this.#recording === recording) this.dispatchEvent(new CustomEvent(name, { detail }));
    });
    this.#recording = recording;
    recording.muted = this.#muted;
    await recording.start(source, ready);
  }

  /**
   * Chooses another microphone, or the first, while recording or paused, without a gap in the recording.
   *
   * @param {boolean | MediaTrackConstraints | null} microphone such as `{ deviceId }`; null or false: none
   * @returns {Promise<void>}
   * @throws {RecorderError} `permission-denied`, `device-not-found`, `device-busy`: the microphone before is still heard;
   *   `not-supported` where the sound is fixed: a MediaStream was given without any, or the browser lets nothing be
   *   mixed; `invalid-state`; `cancelled` where another was chosen meanwhile
   */
  async setMicrophone(microphone) {
    if (!this.#recording) throw nothingYet();
    await this.#recording.setMicrophone(microphone);
  }

  /** Where the camera is drawn in the screen; null where not both are recorded. @returns {BubblePlace | null} */
  get bubble() { return this.#recording?.bubble ?? null; }

  /**
   * Moves the camera in the picture of the screen, makes it larger or smaller, hides it or shows it, from now on.
   *
   * @param {Partial<BubblePlace>} change
   * @throws {RecorderError} `invalid`, with `field`; `not-supported` where not both are recorded; `invalid-state`
   */
  setBubble(change) {
    checkBubble(change);
    if (!this.#recording) throw nothingYet();
    this.#recording.setBubble(change);
  }

  /** @throws {RecorderError} `invalid-state` unless it is recording */
  pause() {
    if (!this.#recording) throw nothingYet();
    this.#recording.pause();
  }

  /** @throws {RecorderError} `invalid-state` unless it is paused */
  resume() {
    if (!this.#recording) throw nothingYet();
    this.#recording.resume();
  }

  /**
   * Ends the recording and resolves when the broker says that all of it is in S3. Calling it again gives the same
   * promise; so it also tells the result of a recording that ended by itself.
   *
   * @returns {Promise<RecordingResult>}
   * @throws {RecorderError} `empty` when nothing was recorded; otherwise what failed, with `detail` saying what is safe
   */
  stop() { return this.#recording?.stop() ?? Promise.reject(nothingYet()); }

  /**
   * After `failed`, sends what S3 lacks; the recording is still in this page.
   *
   * @returns {Promise<RecordingResult>}
   */
  async retry() {
    if (!this.#recording) throw nothingYet();
    return this.#recording.retry();
  }

  /**
   * Throws the recording away: aborts the upload in S3 and ends what it opened itself.
   *
   * @returns {Promise<void>} rejects where the broker could not be told; its reaper comes later then
   * @throws {RecorderError} `invalid-state` where it is completed already and could not be deleted: its link plays
   */
  async cancel() { await this.#recording?.cancel(); }

  /**
   * After `failed`, lets go of the recording: what is on this device stays there, to be recovered another time.
   *
   * @throws {RecorderError} `invalid-state` while a recording is under way
   */
  close() {
    if (this.#recording && !this.#recording.over) throw new RecorderError('invalid-state', `the recorder is ${this.state}`);
    this.#recording?.dispose();
  }

  /**
   * Recordings of this origin that a killed tab, a killed browser or an empty battery left on this device, the newest
   * first. Those that a tab is at work on are not among them.
   *
   * @returns {Promise<Unfinished[]>}
   */
  static unfinished() { return listUnfinished(); }

  /**
   * Finishes one of them: in the same session, so that its link stays; or, where that is over, the whole in a new one.
   *
   * @param {string} id of an unfinished one
   * @param {Pick<RecorderOptions, 'grant' | 'parallel' | 'workerUrl'>} options grant: of the same owner, as the session's
   *   token may have expired, and a new session may be needed
   * @returns {Recovery} at work already; its `result` is the result
   * @throws {RecorderError} `invalid`, with `field`; `not-supported` in a page that is no secure context, or where there is no
   *   Worker, as in node
   */
  static recover(id, options) {
    demandSecureContext();
    return new UnfinishedRecovery(id, { ...options, parallel: checkedParallel(options) });
  }

  /**
   * Throws an unfinished recording away, in S3 and here; it stays here where the broker does not confirm it.
   *
   * @param {string} id
   * @param {Partial<Pick<RecorderOptions, 'grant'>>} [options] grant: deletes one that the broker has completed
   * @returns {Promise<void>}
   * @throws {RecorderError} `not-found`; `invalid-state` where a tab is at work on it, or (`reason` `completed`) where it
   *   is completed and there is no grant; otherwise why the broker could not be told
   */
  static discard(id, options) { return discardUnfinished(id, options); }
}

function nothingYet() {
  return new RecorderError('invalid-state', 'nothing has been recorded yet');
}
