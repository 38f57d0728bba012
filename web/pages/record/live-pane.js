/**
 * What is seen and heard, in a try as in a recording: the picture, how loud the microphone is, and which one it is.
 */

import { byId } from '../page-state.js';
import { VoiceControls } from './voice-controls.js';

export class LivePane {
  #preview = byId('preview', HTMLVideoElement);
  #soundOnly = byId('sound-only', SVGElement);
  #voice;

  /** @param {ConstructorParameters<typeof VoiceControls>[0]} events */
  constructor(events) {
    this.#voice = new VoiceControls(events);
  }

  /** @param {import('./try-out.js').TryOut} tryOut */
  showTry(tryOut) {
    this.#showPicture(tryOut.stream);
    this.#voice.showLevel(() => tryOut.level);
  }

  /**
   * @param {import('../../recorder.js').Recorder} recorder
   * @param {string | null} microphoneId '' for the browser's choice, null for none
   */
  showRecorder(recorder, microphoneId) {
    this.#showPicture(recorder.stream);
    void this.#voice.show(recorder, microphoneId);
  }

  microphoneLost() { this.#voice.lost(); }

  hide() {
    this.#preview.srcObject = null;
    this.#voice.hide();
  }

  /** @param {MediaStream | null} stream */
  #showPicture(stream) {
    const hasPicture = Boolean(stream?.getVideoTracks().length);
    this.#preview.hidden = !hasPicture;
    this.#soundOnly.toggleAttribute('hidden', hasPicture);
    this.#preview.srcObject = hasPicture ? stream : null;
  }
}
