/**
 * Before recording: what to record, under which name, and a try of the devices.
 */

import { errorMessage } from '../error-words.js';
import { byId, showMessage } from '../page-state.js';
import { strings } from './strings.js';
import { READY } from './states.js';
import { SourceChoice } from './source-choice.js';
import { TryOut } from './try-out.js';

export function canRecord() {
  return 'MediaRecorder' in globalThis && Boolean(navigator.mediaDevices?.getUserMedia);
}

export class StartPane {
  #name = byId('name', HTMLInputElement);
  #countDown = byId('count-down', HTMLInputElement);
  #record = byId('record', HTMLButtonElement);
  #recordLabel = byId('record-label', HTMLElement);
  #try = byId('try-out', HTMLButtonElement);
  #file = byId('file', HTMLInputElement);
  #live;
  #events;
  #tryOut = new TryOut();
  #choice = new SourceChoice(() => this.#changed());
  #state = 'loading';

  /**
   * @param {import('./live-pane.js').LivePane} live shows the try
   * @param {object} events
   * @param {() => void} events.record
   * @param {(file: File) => void} events.send a file in place of a recording
   * @param {(state: 'trying' | 'idle') => void} events.enter a try begins, or ends
   */
  constructor(live, events) {
    this.#live = live;
    this.#events = events;
    this.#record.addEventListener('click', () => events.record());
    this.#name.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !event.isComposing) events.record(); });
    this.#try.addEventListener('click', () => (this.#state === 'trying' ? this.#stopTrying() : void this.#tryDevices()));
    this.#file.addEventListener('change', () => this.#chosen());
  }

  /** @returns {import('../../recorder.js').CaptureOptions | null} null where nothing is chosen */
  get source() { return this.#choice.chosen; }

  /** '' for the browser's choice, null for none. */
  get microphoneId() { return this.#choice.chosen?.microphone ? this.#choice.microphoneId : null; }

  get countsDown() { return this.#countDown.checked; }

  get name() { return this.#name.value.replace(/\p{Cc}/gu, ' ').trim(); }

  forgetName() { this.#name.value = ''; }

  /** @param {string} state the page's */
  enter(state) {
    this.#state = state;
    this.#recordLabel.textContent = state === 'starting' ? strings.starting : strings.record;
    this.#showTry();
  }

  /** Recording is what this browser cannot do. */
  disable() { this.#record.disabled = true; }

  /** Lets go of the devices, for something else begins. */
  closeTry() { this.#tryOut.close(); }

  /** Devices have names once one was allowed. */
  refresh() { return this.#choice.refresh(); }

  #chosen() {
    const file = this.#file.files?.[0];
    this.#file.value = ''; // so that the same file can be chosen again
    if (file) this.#events.send(file);
  }

  #changed() {
    if (this.#state === 'trying') void this.#tryDevices();
    this.#showTry();
  }

  async #tryDevices() {
    const { camera, microphone } = this.#choice.devices;
    if (!READY.includes(this.#state)) return;
    if (!camera && !microphone) return this.#stopTrying();
    try {
      if (!await this.#tryOut.open({ camera, microphone })) return;
      if (!READY.includes(this.#state)) return this.#tryOut.close();
      showMessage(null);
      this.#live.showTry(this.#tryOut);
      this.#events.enter('trying');
      await this.refresh();
    } catch (error) {
      this.#stopTrying();
      showMessage(errorMessage(error, strings.errors));
    }
  }

  #stopTrying() {
    this.#tryOut.close();
    if (this.#state === 'trying') this.#events.enter('idle');
  }

  #showTry() {
    const { camera, microphone } = this.#choice.devices;
    this.#try.hidden = !READY.includes(this.#state) || !canRecord() || (!camera && !microphone);
    this.#try.textContent = this.#state === 'trying' ? strings.endTry : strings.tryOut(Boolean(camera), Boolean(microphone));
  }
}
