/**
 * The microphone while recording: how loud it is, muted or not, and which one.
 */

import { DeviceChoice } from './device-choice.js';
import { LevelMeter } from './level-meter.js';
import { Pane } from './pane.js';

/** The choice to record no microphone. */
const NONE = 'none';

/** @typedef {import('../recorder.js').Recorder} Recorder */

export class VoiceControls extends Pane {
  #box = this.byId('voice', HTMLElement);
  #mute = this.byId('mute', HTMLButtonElement);
  #meter = new LevelMeter(this.byId('meter', HTMLElement));
  #select = this.byId('voice-choice', HTMLSelectElement);
  #choice = new DeviceChoice(this.#select, 'audioinput', { value: NONE, label: this.words.text('noMicrophone') });
  #events;
  /** @type {Recorder | null} */
  #recorder = null;
  #heard = NONE;
  /** @type {MediaTrackConstraints} */
  #constraints = {};

  /** @param {import('../pages/shadow-view.js').ShadowView} view @param {{changed: () => void, failed: (error: unknown) => void}} events of a choice of microphone */
  constructor(view, events) {
    super(view);
    this.#events = events;
    this.#mute.addEventListener('click', () => this.#toggle());
    this.#select.addEventListener('change', () => void this.#change());
  }

  /** @param {AbortSignal} signal */
  connect(signal) { this.#choice.follow(signal); }

  /**
   * Follows a recording.
   *
   * @param {Recorder} recorder
   * @param {string | null} deviceId of its microphone; '' for the browser's choice, null for none
   * @param {MediaTrackConstraints} constraints of each microphone
   */
  async show(recorder, deviceId, constraints) {
    this.#recorder = recorder;
    this.#constraints = constraints;
    this.showLevel(() => recorder.level);
    this.#box.hidden = false;
    await this.#choice.refresh();
    this.#hears(deviceId === null ? NONE : deviceId || this.#choice.firstDevice);
  }

  /** A try before recording: the meter alone. @param {() => number} level */
  showLevel(level) { this.#meter.show(level); }

  hide() {
    this.#recorder = null;
    this.#meter.hide();
    this.#box.hidden = true;
  }

  /** The microphone is gone: the choice says so. */
  lost() { this.#hears(NONE); }

  /** @param {string} choice */
  #hears(choice) {
    this.#heard = choice;
    this.#choice.choose(choice);
    this.#mute.disabled = choice === NONE;
    this.#showMuted();
  }

  #toggle() {
    if (!this.#recorder) return;
    this.#recorder.muted = !this.#recorder.muted;
    this.#showMuted();
  }

  #showMuted() {
    const muted = this.#recorder?.muted ?? false;
    this.#mute.ariaPressed = String(muted);
    this.byId('mute-label', HTMLElement).textContent = this.words.text(muted ? 'muted' : 'mute');
  }

  async #change() {
    const wanted = this.#choice.value;
    try {
      await this.#recorder?.setMicrophone(wanted === NONE ? null : { ...this.#choice.constraints, ...this.#constraints });
      this.#hears(wanted);
      this.#events.changed();
    } catch (error) {
      if (/** @type {import('../base/errors.js').RecorderError} */ (error).code === 'cancelled') return; // another was chosen
      this.#choice.choose(this.#heard);
      this.#events.failed(error);
    }
  }
}
