/**
 * What to record: the screen or the camera, with or without the microphone, and which of several devices.
 */

import { DeviceChoice } from './device-choice.js';
import { Pane } from './pane.js';
import { Recorder } from '../recorder.js';

export class SourceChoice extends Pane {
  #screen = this.byId('source-screen', HTMLInputElement);
  #camera = this.byId('source-camera', HTMLInputElement);
  #microphone = this.byId('source-mic', HTMLInputElement);
  #soundField = this.byId('sound-field', HTMLElement);
  #noise = this.byId('noise', HTMLInputElement);
  #echo = this.byId('echo', HTMLInputElement);
  #cameraField = this.byId('camera-field', HTMLElement);
  #microphoneField = this.byId('mic-field', HTMLElement);
  #cameras = new DeviceChoice(this.byId('camera-choice', HTMLSelectElement), 'videoinput', { value: '', label: this.words.text('ownChoice') });
  #microphones = new DeviceChoice(this.byId('mic-choice', HTMLSelectElement), 'audioinput', { value: '', label: this.words.text('ownChoice') });

  /**
   * What this device can record, with what people most often want ticked.
   *
   * @param {import('../pages/shadow-view.js').ShadowView} view
   * @param {readonly string[]} offered of `screen`, `camera`, `microphone`
   * @param {() => void} onChange
   */
  constructor(view, offered, onChange) {
    super(view);
    const hasScreen = offered.includes('screen') && Boolean(navigator.mediaDevices?.getDisplayMedia);
    const hasCamera = offered.includes('camera');
    const hasMicrophone = offered.includes('microphone');
    for (const [tile, has] of /** @type {const} */ ([['screen-tile', hasScreen], ['camera-tile', hasCamera], ['mic-tile', hasMicrophone]])) {
      this.byId(tile, HTMLElement).hidden = !has;
    }
    this.byId('camera-note', HTMLElement).textContent = this.words.text(!hasScreen ? 'cameraAlone' : Recorder.composes ? 'cameraBeside' : 'cameraInstead');
    this.#screen.checked = hasScreen;
    this.#camera.checked = hasCamera && !hasScreen;
    this.#microphone.checked = hasMicrophone;
    if (!Recorder.composes) this.#onlyOnePicture();
    for (const id of ['source-screen', 'source-camera', 'source-mic', 'camera-choice', 'mic-choice', 'noise', 'echo']) {
      this.byId(id, HTMLElement).addEventListener('change', () => { this.#showFields(); onChange(); });
    }
    void this.refresh();
  }

  /** @param {AbortSignal} signal */
  connect(signal) {
    this.#cameras.follow(signal);
    this.#microphones.follow(signal);
  }

  /** Devices have names once one was allowed. */
  async refresh() {
    await Promise.all([this.#cameras.refresh(), this.#microphones.refresh()]);
    this.#showFields();
  }

  /** @returns {import('../recorder.js').CaptureOptions | null} null where nothing is chosen */
  get chosen() {
    const { camera, microphone } = this.devices;
    if (this.#screen.checked) return { screen: true, camera, microphone };
    return camera || microphone ? { camera, microphone } : null;
  }

  /** The chosen devices without the screen, which only its picker shows. */
  get devices() {
    return {
      // Chromium's own default is 640 × 480.
      camera: this.#camera.checked && { ...this.#cameras.constraints, width: { ideal: 1280 }, height: { ideal: 720 } },
      microphone: this.#microphone.checked && { ...this.#microphones.constraints, ...this.voice },
    };
  }

  /** What the browser does to a voice. */
  get voice() { return { noiseSuppression: this.#noise.checked, echoCancellation: this.#echo.checked }; }

  get microphoneId() { return this.#microphones.value; }

  /** Ticking one unticks the other. */
  #onlyOnePicture() {
    this.#screen.addEventListener('change', () => { if (this.#screen.checked) this.#camera.checked = false; });
    this.#camera.addEventListener('change', () => { if (this.#camera.checked) this.#screen.checked = false; });
  }

  #showFields() {
    this.#cameraField.hidden = !this.#camera.checked || this.#cameras.known < 2;
    this.#soundField.hidden = !this.#microphone.checked;
    this.#microphoneField.hidden = !this.#microphone.checked || this.#microphones.known < 2;
  }
}
