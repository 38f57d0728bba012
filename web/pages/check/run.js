/**
 * One try: records for some seconds, uploads, reads back what is in S3, and plays it.
 */

import { sleep } from '../../base/backoff.js';
import { Recorder } from '../../recorder.js';
import { trackFacts } from './browser-facts.js';
import { MediaTap } from './media-tap.js';
import { headOf, outlineOf } from './pieces.js';
import { base64 } from './report.js';
import { tryPlayback } from './try-playback.js';

/** Of a file's head, in the report. */
const HEAD_BYTES = 16_384;
const ANSWER_WITHIN_MS = 30_000;

/**
 * @typedef {object} How
 * @property {string} broker
 * @property {import('../../recorder.js').RecorderOptions['grant']} grant
 * @property {import('../../recorder.js').RecorderOptions['container']} container
 * @property {import('../../recorder.js').CaptureOptions} source
 * @property {number} seconds
 * @property {HTMLVideoElement} player
 * @property {(stream: MediaStream) => void} onStream
 * @property {(leftS: number) => void} onSecond
 * @property {(state: 'saving' | 'playing') => void} onState
 *
 * @typedef {import('./pieces.js').Outline & {bytes: number, headBase64: string}} Written
 */

export class Run {
  #how;
  #tap = new MediaTap();
  #began = performance.now();
  /** What goes into the report. */
  told = {
    asked: /** @type {object} */ ({}),
    tracks: /** @type {object[]} */ ([]),
    states: /** @type {{state: string, atMs: number}[]} */ ([]),
    troubles: /** @type {object[]} */ ([]),
    tapped: this.#tap.said,
    written: /** @type {Written | undefined} */ (undefined),
    result: /** @type {{contentType: string, durationMs: number, size: number, outcome: string} | undefined} */ (undefined),
    stored: /** @type {Written | undefined} */ (undefined),
    poster: false,
    playback: /** @type {import('./try-playback.js').Playback | undefined} */ (undefined),
    error: /** @type {object | undefined} */ (undefined),
  };

  /** @param {How} how */
  constructor(how) {
    this.#how = how;
    this.told.asked = { source: how.source, container: how.container ?? 'auto', seconds: how.seconds };
  }

  /** Call it straight from a click. Rejects with what failed; `told` has all until then. */
  async all() {
    try {
      const { watchUrl, contentType, durationMs, size, outcome } = await this.#record();
      this.told.result = { contentType, durationMs, size, outcome };
      this.#how.onState('playing');
      await this.#watch(watchUrl);
    } catch (error) {
      this.told.error = plain(error);
      throw error;
    } finally {
      this.#tap.close();
      this.told.written = written(await this.#tap.bytes());
    }
  }

  async #record() {
    const { broker, grant, container, source, seconds, onStream, onSecond, onState } = this.#how;
    const recorder = new Recorder({ broker, grant, container, name: 'Check' });
    recorder.addEventListener('state', ({ detail }) => this.told.states.push({ state: detail.state, atMs: this.#atMs }));
    recorder.addEventListener('error', ({ detail: { error, fatal } }) => this.told.troubles.push({ ...plain(error), fatal, atMs: this.#atMs }));
    recorder.addEventListener('eased', ({ detail }) => this.told.troubles.push({ eased: detail.code, field: detail.field, atMs: this.#atMs }));
    await recorder.start(source);
    if (recorder.stream) {
      this.told.tracks = recorder.stream.getTracks().map(trackFacts);
      onStream(recorder.stream);
    }
    for (let left = seconds; left > 0 && recorder.state === 'recording'; left--) {
      onSecond(left);
      await sleep(1000);
    }
    onState('saving');
    return recorder.stop();
  }

  /** @param {string} watchUrl */
  async #watch(watchUrl) {
    const { pathname, hash } = new URL(watchUrl);
    const asked = await fetch(`${this.#how.broker}/v1/recordings/${pathname.split('/').at(-1)}`, {
      headers: hash ? { Authorization: `Bearer ${hash.slice(1)}` } : {}, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (!asked.ok) throw new Error(`GET /v1/recordings/{id} is answered with ${asked.status}`);
    const { url, poster_url: poster, content_type: type } = await asked.json();
    this.told.poster = Boolean(poster);
    if (poster) this.#how.player.poster = poster;
    const file = await fetch(url, { credentials: 'omit', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    this.told.stored = written(new Uint8Array(await file.arrayBuffer()));
    this.told.playback = await tryPlayback(this.#how.player, url, type);
    if (this.told.playback.error) throw new Error(this.told.playback.error);
  }

  get #atMs() { return Math.round(performance.now() - this.#began); }
}

/** @param {Uint8Array} bytes @returns {Written} */
function written(bytes) {
  const outline = outlineOf(bytes);
  return { bytes: bytes.length, ...outline, headBase64: base64(headOf(bytes, outline, HEAD_BYTES)) };
}

/** @param {unknown} error @returns {object} */
function plain(error) {
  const { name, code, reason, field, status, message } = /** @type {import('../../recorder.js').RecorderError} */ (error ?? {});
  return { name, code, reason, field, status, message };
}
