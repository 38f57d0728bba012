/**
 * How much is recorded, how much of it is safe in S3, and how the network does, in words.
 */

import { Pane } from './pane.js';

/**
 * @typedef {Pick<import('../recorder.js').RecordingProgress, 'recordedBytes' | 'uploadedBytes'>} Counts
 *
 * @typedef {object} Situation
 * @property {string} state the page's
 * @property {boolean} isFile a file is sent, which stays where it is whatever happens
 * @property {boolean} kept what is not in S3 is on this device, and outlives this page
 * @property {boolean} hopeless nothing is left to send
 */

/** More than what is usually on its way: so much waits only where the network is slower than the recording. */
const BEHIND_BYTES = 20e6;

export class SafetyView extends Pane {
  #word = this.byId('recorded-word', HTMLElement);
  #recorded = this.byId('recorded', HTMLElement);
  #safe = this.byId('safe', HTMLElement);
  #bar = this.byId('bar', HTMLProgressElement);
  #line = this.byId('transfer', HTMLElement);
  /** @type {Counts} */
  #counts = { recordedBytes: 0, uploadedBytes: 0 };
  /** @type {Situation} */
  #situation = { state: 'idle', isFile: false, kept: false, hopeless: false };
  /** Nothing has got through for a while, though it was tried. */
  #cutOff = false;

  /** @param {AbortSignal} signal until then */
  connect(signal) {
    for (const change of ['online', 'offline']) addEventListener(change, () => this.#say(), { signal });
  }

  get counts() { return this.#counts; }

  /** @param {Counts} counts */
  count(counts) {
    if (counts.uploadedBytes !== this.#counts.uploadedBytes) this.#cutOff = false;
    this.#counts = counts;
    this.#showBytes(this.#recorded, counts.recordedBytes);
    this.#showBytes(this.#safe, counts.uploadedBytes);
    this.#bar.max = Math.max(1, counts.recordedBytes);
    this.#bar.value = Math.min(counts.uploadedBytes, counts.recordedBytes);
    this.#say();
  }

  /** @param {Situation} situation */
  enter(situation) {
    this.#situation = situation;
    this.#word.textContent = this.words.text(situation.isFile ? 'file' : 'recorded');
    this.#say();
  }

  /** The network, or what is behind it, is away. */
  cutOff() {
    this.#cutOff = true;
    this.#say();
  }

  #say() {
    const words = this.#find();
    if (this.#line.textContent !== words) this.#line.textContent = words;
  }

  /** @returns {string} */
  #find() {
    const { state, isFile, kept, hopeless } = this.#situation;
    const leftBytes = Math.max(0, this.#counts.recordedBytes - this.#counts.uploadedBytes);
    const left = { bytes: this.words.bytes(leftBytes) };
    if (state === 'failed') return hopeless || isFile ? '' : this.words.text(kept ? 'onDevice' : 'inPage');
    const away = this.#cutOff || !navigator.onLine;
    if (state === 'stopping' || state === 'uploading') {
      if (leftBytes === 0) return this.words.text('finishing');
      return this.words.text(away ? 'waiting' : 'leftToSend', left);
    }
    if (away) return this.words.text('away', left);
    if (this.#counts.uploadedBytes === 0) return this.words.text('first');
    return leftBytes > BEHIND_BYTES ? this.words.text('behind', left) : this.words.text('keepsUp');
  }

  /** @param {HTMLElement} element @param {number} bytes */
  #showBytes(element, bytes) {
    element.textContent = this.words.bytes(bytes);
    element.dataset.bytes = String(bytes);
  }
}
