/**
 * How much is recorded, how much of it is safe in S3, and how the network does, in words.
 */

import { formatBytes } from '../format.js';
import { byId } from '../page-state.js';
import { strings } from './strings.js';

/**
 * @typedef {Pick<import('../../recorder.js').RecordingProgress, 'recordedBytes' | 'uploadedBytes'>} Counts
 *
 * @typedef {object} Situation
 * @property {string} state the page's
 * @property {boolean} isFile a file is sent, which stays where it is whatever happens
 * @property {boolean} kept what is not in S3 is on this device, and outlives this page
 * @property {boolean} hopeless nothing is left to send
 */

/** More than what is usually on its way: so much waits only where the network is slower than the recording. */
const BEHIND_BYTES = 20e6;

export class SafetyView {
  #word = byId('recorded-word', HTMLElement);
  #recorded = byId('recorded', HTMLElement);
  #safe = byId('safe', HTMLElement);
  #bar = byId('bar', HTMLProgressElement);
  #words = byId('transfer', HTMLElement);
  /** @type {Counts} */
  #counts = { recordedBytes: 0, uploadedBytes: 0 };
  /** @type {Situation} */
  #situation = { state: 'idle', isFile: false, kept: false, hopeless: false };
  /** Nothing has got through for a while, though it was tried. */
  #cutOff = false;

  constructor() {
    for (const change of ['online', 'offline']) addEventListener(change, () => this.#say());
  }

  get counts() { return this.#counts; }

  /** @param {Counts} counts */
  count(counts) {
    if (counts.uploadedBytes !== this.#counts.uploadedBytes) this.#cutOff = false;
    this.#counts = counts;
    showBytes(this.#recorded, counts.recordedBytes);
    showBytes(this.#safe, counts.uploadedBytes);
    this.#bar.max = Math.max(1, counts.recordedBytes);
    this.#bar.value = Math.min(counts.uploadedBytes, counts.recordedBytes);
    this.#say();
  }

  /** @param {Situation} situation */
  enter(situation) {
    this.#situation = situation;
    this.#word.textContent = situation.isFile ? strings.fileSize : strings.recorded;
    this.#say();
  }

  /** The network, or what is behind it, is away. */
  cutOff() {
    this.#cutOff = true;
    this.#say();
  }

  #say() {
    const words = this.#find();
    if (this.#words.textContent !== words) this.#words.textContent = words;
  }

  /** @returns {string} */
  #find() {
    const { state, isFile, kept, hopeless } = this.#situation;
    const leftBytes = Math.max(0, this.#counts.recordedBytes - this.#counts.uploadedBytes);
    const left = formatBytes(leftBytes);
    if (state === 'failed') return hopeless || isFile ? '' : kept ? strings.onDevice : strings.inPage;
    const away = this.#cutOff || !navigator.onLine;
    if (state === 'stopping' || state === 'uploading') {
      if (leftBytes === 0) return strings.finishing;
      return away ? strings.waiting(left) : strings.leftToSend(left);
    }
    if (away) return strings.away(left);
    if (this.#counts.uploadedBytes === 0) return strings.first;
    return leftBytes > BEHIND_BYTES ? strings.behind(left) : strings.keepsUp;
  }
}

/** @param {HTMLElement} element @param {number} bytes */
function showBytes(element, bytes) {
  element.textContent = formatBytes(bytes);
  element.dataset.bytes = String(bytes);
}
