/**
 * Before recording: what to record, under which name, and a try of the devices.
 */

import { errorMessage } from '../pages/error-words.js';
import { Pane } from './pane.js';
import { READY } from './states.js';
import { SourceChoice } from './source-choice.js';
import { TryOut } from './try-out.js';

export function canRecord() {
  return 'MediaRecorder' in globalThis && Boolean(navigator.mediaDevices?.getUserMedia);
}

export class StartPane extends Pane {
  #name = this.byId('name', HTMLInputElement);
  #countDown = this.byId('count-down', HTMLInputElement);
  #record = this.byId('record', HTMLButtonElement);
  #recordLabel = this.byId('record-label', HTMLElement);
  #try = this.byId('try-out', HTMLButtonElement);
  #file = this.byId('file', HTMLInputElement);
  #live;
  #events;
  #tryOut = new TryOut();
  #choice;
  #state = 'loading';

  /**
   * @param {import('../pages/shadow-view.js').ShadowView} view
   * @param {{sources: readonly string[], name: string}} how
   * @param {import('./live-pane.js').LivePane} live shows the try
   * @param {object} events
   * @param {() => void} events.record
   * @param {(file: File) => void} events.send a file in place of a recording
   * @param {(state: 'trying' | 'idle') => void} events.enter a try begins, or ends
   */
  constructor(view, { sources, name }, live, events) {
    super(view);
    this.#choice = new SourceChoice(view, sources, () => this.#changed());
    this.#name.value = name;
    this.byId('file-label', HTMLElement).hidden = this.#file.hidden = !sources.includes('file');
    this.#live = live;
    this.#events = events;
    this.#record.addEventListener('click', () => events.record());
    this.#name.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !event.isComposing) events.record(); });
    this.#try.addEventListener('click', () => (this.#state === 'trying' ? this.stopTrying() : void this.#tryDevices()));
    this.#file.addEventListener('change', () => this.#chosen());
  }

  /** @returns {import('../recorder.js').CaptureOptions | null} null where nothing is chosen */
  get source() { return this.#choice.chosen; }

  /** '' for the browser's choice, null for none. */
  get microphoneId() { return this.#choice.chosen?.microphone ? this.#choice.microphoneId : null; }

  get voice() { return this.#choice.voice; }

  get countsDown() { return this.#countDown.checked; }

  get name() { return this.#name.value.replace(/\p{Cc}/gu, ' ').trim(); }

  /** @param {string} name */
  set name(name) { this.#name.value = name; }

  /** @param {string} state the page's */
  enter(state) {
    this.#state = state;
    this.#recordLabel.textContent = this.words.text(state === 'starting' ? 'starting' : 'record');
    this.#showTry();
  }

  /** Recording is what this browser cannot do. */
  disable() { this.#record.disabled = true; }

  /** Lets go of the devices, for something else begins. */
  closeTry() { this.#tryOut.close(); }

  /** @param {AbortSignal} signal */
  connect(signal) { this.#choice.connect(signal); }

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
    if (!camera && !microphone) return this.stopTrying();
    try {
      if (!await this.#tryOut.open({ camera, microphone })) return;
      if (!READY.includes(this.#state)) return this.#tryOut.close();
      this.view.showMessage(null);
      this.#live.showTry(this.#tryOut);
      this.#events.enter('trying');
      await this.refresh();
    } catch (error) {
      this.stopTrying();
      this.view.showMessage(errorMessage(error, this.words.errors('errors')));
    }
  }

  stopTrying() {
    this.#tryOut.close();
    if (this.#state === 'trying') this.#events.enter('idle');
  }

  #showTry() {
    const { camera, microphone } = this.#choice.devices;
    this.#try.hidden = !READY.includes(this.#state) || !canRecord() || (!camera && !microphone);
    const tried = camera && microphone ? 'tryBoth' : camera ? 'tryCamera' : 'tryMicrophone';
    this.#try.textContent = this.words.text(this.#state === 'trying' ? 'endTry' : tried);
  }
}
