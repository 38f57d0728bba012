/**
 * MediaRecorder with a reliable end: it delivers nothing after it.
 */

import { RecorderError } from '../base/errors.js';
import { containerOf } from '../base/container-of.js';
import { isApples } from './engine.js';
import { chooseMimeType } from './mime.js';

/** How much MediaRecorder collects before it hands it over. What it holds is lost when the tab dies. */
const TIMESLICE_MS = 500;
/** WebKit makes a key frame for each slice, which takes bits from the picture (WebKitGTK 2.50, 2026-11-29). */
const APPLES_TIMESLICE_MS = 1000;
/**
 * A key frame so often: where one can seek to. Chromium's default is a single one at the start. Of MP4 it delivers nothing
 * before the next one, so what a tab that dies may lose is as long.
 */
const KEY_FRAME_MS = Object.freeze({ webm: 2000, mp4: 1000 });
/** With so few cores VP9 costs frames. */
const WEAK_CORES = 2;
/**
 * Firefox may fire `stop` before it delivers its last data, and has then delivered an empty piece just before (ESR 153 on
 * a busy machine, 2 of 11 stops; the data came within a millisecond; 2026-11-22). So after an empty piece it is given
 * this long.
 */
const LATE_MS = 2000;
/** Late data has ended when none came for so long. */
const QUIET_MS = 100;
/**
 * Firefox delivers nothing for 10 s where no sound at all has come on its audio track, and when it is stopped before
 * that, it can be that nothing is what it delivers (4 of 11 stops on a busy machine). When the track has ended first it
 * delivers what it has, within 200 to 900 ms.
 */
const SOUNDLESS_MS = 1000;
/** After the page was in the background iOS may never answer a stop. What has come until then is all there is. */
const STOP_MS = 10_000;
/** When nothing at all has come for so long, a person who still records should know. */
const NOTHING_MS = 10_000;

/**
 * @typedef {object} MediaEvents
 * @property {() => void} started
 * @property {(blob: Blob) => void} data a slice, in order; may be empty, or very large
 * @property {(error: RecorderError) => void} failed `media-recorder`: it gives up; `stopped` follows
 * @property {(nothing: boolean) => void} overdue true: not a byte has come after 10 s of recording; false: now it has
 * @property {() => void} stopped it records no more: by our stop, also where that is never answered, or because all its
 *   tracks have ended
 * @property {() => void} ended and has delivered everything
 * @property {(bytes: number) => void} late it has not: so much more came after `ended`
 *
 * @typedef {object} MediaOptions
 * @property {string} [contentType]
 * @property {import('./mime.js').ContainerOption} [container]
 * @property {number} [videoBitsPerSecond]
 * @property {number} [audioBitsPerSecond]
 */

export class Media {
  #recorder;
  #events;
  #startedAt = 0;
  #delivered = false; // anything
  #emptyLast = true; // the newest data was
  #overdue = false; // that is told
  /** @type {'idle' | 'recording' | 'stopping' | 'stopped' | 'ended'} */
  #phase = 'idle';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #ending;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #soundless;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #unanswered;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #waiting;

  /**
   * @param {MediaStream} stream whose audio tracks are ours to end
   * @param {MediaOptions} options
   * @param {MediaEvents} events
   * @throws {RecorderError} `not-supported`
   */
  constructor(stream, options, events) {
    this.#events = events;
    this.#recorder = createMediaRecorder(stream, options);
    this.#recorder.addEventListener('start', () => events.started());
    this.#recorder.addEventListener('dataavailable', ({ data }) => this.#data(data));
    this.#recorder.addEventListener('stop', () => this.#stopped());
    this.#recorder.addEventListener('error', (event) => events.failed(whyFailed(event)));
  }

  /** What it really records; settled when it has started. */
  get mimeType() { return this.#recorder.mimeType; }

  start() {
    this.#phase = 'recording';
    this.#startedAt = performance.now();
    this.#recorder.start(isApples() ? APPLES_TIMESLICE_MS : TIMESLICE_MS);
    this.#awaitData();
  }

  pause() {
    clearTimeout(this.#waiting);
    this.#recorder.pause();
    this.#recorder.requestData(); // what it holds is not kept back for the length of the pause
  }

  resume() {
    this.#recorder.resume();
    this.#awaitData();
  }

  /** May be called again. */
  stop() {
    if (this.#phase !== 'recording') return;
    this.#phase = 'stopping';
    clearTimeout(this.#waiting);
    this.#unanswered = setTimeout(() => this.#giveUp(), STOP_MS);
    const sound = this.#recorder.stream.getAudioTracks();
    const overdue = !this.#delivered && performance.now() - this.#startedAt > 2 * TIMESLICE_MS;
    if (!overdue || sound.length === 0) return this.#stopNow();
    for (const track of sound) track.stop();
    this.#soundless = setTimeout(() => this.#stopNow(), SOUNDLESS_MS);
  }

  #stopNow() {
    clearTimeout(this.#soundless);
    if (this.#recorder.state !== 'inactive') this.#recorder.stop(); // it may have ended with its tracks
  }

  #awaitData() {
    if (!this.#delivered) this.#waiting = setTimeout(() => this.#tellOverdue(true), NOTHING_MS);
  }

  /** @param {boolean} nothing */
  #tellOverdue(nothing) {
    if (this.#overdue !== nothing) this.#events.overdue(nothing);
    this.#overdue = nothing;
  }

  /** @param {Blob} blob */
  #data(blob) {
    if (this.#phase === 'ended') {
      if (blob.size > 0) this.#events.late(blob.size);
      return;
    }
    this.#emptyLast = blob.size === 0;
    if (blob.size > 0) this.#isDelivered();
    this.#events.data(blob);
    if (this.#phase === 'stopping' && this.#delivered) this.#stopNow();
    if (this.#phase === 'stopped' && !this.#emptyLast) this.#endIn(QUIET_MS);
  }

  #isDelivered() {
    this.#delivered = true;
    clearTimeout(this.#waiting);
    this.#tellOverdue(false);
  }

  /** Its tracks end now, and perhaps it delivers what it holds after all. */
  #giveUp() {
    this.#emptyLast = true;
    this.#stopped();
  }

  #stopped() {
    if (this.#phase !== 'recording' && this.#phase !== 'stopping') return;
    this.#phase = 'stopped';
    for (const timer of [this.#waiting, this.#soundless, this.#unanswered]) clearTimeout(timer);
    this.#events.stopped();
    if (this.#emptyLast) this.#endIn(LATE_MS);
    else this.#end();
  }

  /** @param {number} ms */
  #endIn(ms) {
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => this.#end(), ms);
  }

  #end() {
    this.#phase = 'ended';
    this.#events.ended();
  }
}

/** @param {MediaStream} stream @param {MediaOptions} options */
function createMediaRecorder(stream, { contentType, container, videoBitsPerSecond, audioBitsPerSecond }) {
  if (!globalThis.MediaRecorder) throw new RecorderError('not-supported', 'this browser has no MediaRecorder');
  const video = stream.getVideoTracks().length > 0;
  const tracks = { video, audio: stream.getAudioTracks().length > 0, weak: navigator.hardwareConcurrency <= WEAK_CORES };
  const mimeType = chooseMimeType(tracks, (type) => MediaRecorder.isTypeSupported(type), { contentType, container, apple: isApples() });
  /** @type {MediaRecorderOptions & {videoKeyFrameIntervalDuration?: number}} */
  const how = { mimeType };
  if (videoBitsPerSecond) how.videoBitsPerSecond = videoBitsPerSecond;
  if (audioBitsPerSecond) how.audioBitsPerSecond = audioBitsPerSecond;
  if (video) how.videoKeyFrameIntervalDuration = KEY_FRAME_MS[containerOf(mimeType) ?? 'webm'];
  return new MediaRecorder(stream, how);
}

/** @param {Event & {error?: DOMException}} event */
function whyFailed({ error: cause }) {
  return new RecorderError('media-recorder', `recording ended: ${cause?.message ?? 'the browser gives no reason'}`, { reason: cause?.name, cause });
}
