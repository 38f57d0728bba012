/**
 * What to record: the screen or the camera, with or without the microphone, and which of several devices.
 */

import { DeviceChoice } from './device-choice.js';
import { byId } from '../page-state.js';
import { strings } from './strings.js';

export class SourceChoice {
  #screen = byId('source-screen', HTMLInputElement);
  #camera = byId('source-camera', HTMLInputElement);
  #microphone = byId('source-mic', HTMLInputElement);
  #cameraField = byId('camera-field', HTMLElement);
  #microphoneField = byId('mic-field', HTMLElement);
  #cameras = new DeviceChoice(byId('camera-choice', HTMLSelectElement), 'videoinput', { value: '', label: strings.ownChoice });
  #microphones = new DeviceChoice(byId('mic-choice', HTMLSelectElement), 'audioinput', { value: '', label: strings.ownChoice });

  /** What this device can record, with what people most often want ticked. @param {() => void} onChange */
  constructor(onChange) {
    const hasScreen = Boolean(navigator.mediaDevices?.getDisplayMedia);
    byId('screen-tile', HTMLElement).hidden = !hasScreen;
    byId('camera-note', HTMLElement).textContent = hasScreen ? strings.cameraInstead : strings.cameraAlone;
    this.#screen.checked = hasScreen;
    this.#camera.checked = !hasScreen;
    this.#microphone.checked = true;
    // The Recorder takes one picture: ticking one unticks the other.
    this.#screen.addEventListener('change', () => { if (this.#screen.checked) this.#camera.checked = false; });
    this.#camera.addEventListener('change', () => { if (this.#camera.checked) this.#screen.checked = false; });
    for (const id of ['source-screen', 'source-camera', 'source-mic', 'camera-choice', 'mic-choice']) {
      byId(id, HTMLElement).addEventListener('change', () => { this.#showFields(); onChange(); });
    }
    void this.refresh();
  }

  /** Devices have names once one was allowed. */
  async refresh() {
    await Promise.all([this.#cameras.refresh(), this.#microphones.refresh()]);
    this.#showFields();
  }

  /** @returns {import('../../recorder.js').CaptureOptions | null} null where nothing is chosen */
  get chosen() {
    const { camera, microphone } = this.devices;
    if (this.#screen.checked) return { screen: true, microphone };
    return camera || microphone ? { camera, microphone } : null;
  }

  /** The chosen devices without the screen, which only its picker shows. */
  get devices() {
    return {
      // Chromium's own default is 640 × 480.
      camera: this.#camera.checked && { ...this.#cameras.constraints, width: { ideal: 1280 }, height: { ideal: 720 } },
      microphone: this.#microphone.checked && this.#microphones.constraints,
    };
  }

  get microphoneId() { return this.#microphones.value; }

  #showFields() {
    this.#cameraField.hidden = !this.#camera.checked || this.#cameras.known < 2;
    this.#microphoneField.hidden = !this.#microphone.checked || this.#microphones.known < 2;
  }
}
