/**
 * MediaRecorder, with an end that is one: nothing is delivered after it.
 */

import { RecorderError } from './errors.js';
import { chooseMimeType } from './mime.js';

/** How much MediaRecorder collects before it hands it over. What it holds is lost when the tab dies. */
const TIMESLICE_MS = 500;
/** A key frame so often: where one can seek to. Chromium's default is a single one at the start. */
const KEY_FRAME_MS = 2000;
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

/**
 * @typedef {object} MediaEvents
 * @property {() => void} started
 * @property {(blob: Blob) => void} data a slice, in order; may be empty, or very large
 * @property {(error: RecorderError) => void} failed `media-recorder`: it gives up; `stopped` follows
 * @property {() => void} stopped it records no more: by our stop, or because all its tracks have ended
 * @property {() => void} ended and has delivered everything
 * @property {(bytes: number) => void} late it has not: so much more came after `ended`
 *
 * @typedef {object} MediaOptions
 * @property {string} [contentType]
 * @property {number} [videoBitsPerSecond]
 * @property {number} [audioBitsPerSecond]
 */

export class Media {
  #recorder;
  #events;
  #startedAt = 0;
  #delivered = false; // anything
  #emptyLast = true; // the newest data was
  /** @type {'recording' | 'stopped' | 'ended'} */
  #phase = 'recording';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #ending;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #stopping;

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
    this.#startedAt = performance.now();
    this.#recorder.start(TIMESLICE_MS);
  }

  pause() {
    this.#recorder.pause();
    this.#recorder.requestData(); // what it holds is not kept back for the length of the pause
  }

  resume() { this.#recorder.resume(); }

  /** May be called again. */
  stop() {
    if (this.#recorder.state === 'inactive' || this.#stopping) return;
    const sound = this.#recorder.stream.getAudioTracks();
    const overdue = !this.#delivered && performance.now() - this.#startedAt > 2 * TIMESLICE_MS;
    if (!overdue || sound.length === 0) return this.#recorder.stop();
    for (const track of sound) track.stop();
    this.#stopping = setTimeout(() => this.#stopNow(), SOUNDLESS_MS);
  }

  #stopNow() {
    clearTimeout(this.#stopping);
    if (this.#recorder.state !== 'inactive') this.#recorder.stop(); // it may have ended with its tracks
  }

  /** @param {Blob} blob */
  #data(blob) {
    if (this.#phase === 'ended') {
      if (blob.size > 0) this.#events.late(blob.size);
      return;
    }
    this.#emptyLast = blob.size === 0;
    this.#delivered ||= blob.size > 0;
    this.#events.data(blob);
    if (this.#stopping && this.#delivered) this.#stopNow();
    if (this.#phase === 'stopped' && !this.#emptyLast) this.#endIn(QUIET_MS);
  }

  #stopped() {
    if (this.#phase !== 'recording') return;
    this.#phase = 'stopped';
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
function createMediaRecorder(stream, { contentType, videoBitsPerSecond, audioBitsPerSecond }) {
  if (!globalThis.MediaRecorder) throw new RecorderError('not-supported', 'this browser has no MediaRecorder');
  const video = stream.getVideoTracks().length > 0;
  const tracks = { video, audio: stream.getAudioTracks().length > 0, weak: navigator.hardwareConcurrency <= WEAK_CORES };
  /** @type {MediaRecorderOptions & {videoKeyFrameIntervalDuration?: number}} */
  const how = { mimeType: chooseMimeType(tracks, (type) => MediaRecorder.isTypeSupported(type), contentType) };
  if (videoBitsPerSecond) how.videoBitsPerSecond = videoBitsPerSecond;
  if (audioBitsPerSecond) how.audioBitsPerSecond = audioBitsPerSecond;
  if (video) how.videoKeyFrameIntervalDuration = KEY_FRAME_MS;
  return new MediaRecorder(stream, how);
}

/** @param {Event & {error?: DOMException}} event */
function whyFailed({ error: cause }) {
  return new RecorderError('media-recorder', `recording ended: ${cause?.message ?? 'the browser gives no reason'}`, { reason: cause?.name, cause });
}
