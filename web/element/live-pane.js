/**
 * What is seen and heard, in a try as in a recording: the picture, how loud the microphone is, and which one it is.
 */

import { BubbleControls } from './bubble-controls.js';
import { Pane } from './pane.js';
import { VoiceControls } from './voice-controls.js';

export class LivePane extends Pane {
  #preview = this.byId('preview', HTMLVideoElement);
  #soundOnly = this.byId('sound-only', SVGElement);
  #voice;
  #bubble;

  /** @param {import('../pages/shadow-view.js').ShadowView} view @param {ConstructorParameters<typeof VoiceControls>[1]} events */
  constructor(view, events) {
    super(view);
    this.#voice = new VoiceControls(view, events);
    this.#bubble = new BubbleControls(view);
  }

  /** @param {import('./try-out.js').TryOut} tryOut */
  showTry(tryOut) {
    this.#showPicture(tryOut.stream);
    this.#voice.showLevel(() => tryOut.level);
  }

  /**
   * @param {import('../recorder.js').Recorder} recorder
   * @param {string | null} microphoneId '' for the browser's choice, null for none
   * @param {MediaTrackConstraints} voice of each microphone
   */
  showRecorder(recorder, microphoneId, voice) {
    this.#showPicture(recorder.stream);
    void this.#voice.show(recorder, microphoneId, voice);
    this.#bubble.show(recorder);
  }

  /** A browser pauses the picture of an element that was moved. */
  playOn() {
    if (this.#preview.srcObject) void this.#preview.play().catch(() => {});
  }

  /** @param {AbortSignal} signal */
  connect(signal) { this.#voice.connect(signal); }

  microphoneLost() { this.#voice.lost(); }

  hide() {
    this.#preview.srcObject = null;
    this.#voice.hide();
    this.#bubble.hide();
  }

  /** @param {MediaStream | null} stream */
  #showPicture(stream) {
    const hasPicture = Boolean(stream?.getVideoTracks().length);
    this.#preview.hidden = !hasPicture;
    this.#soundOnly.toggleAttribute('hidden', hasPicture);
    this.#preview.srcObject = hasPicture ? stream : null;
  }
}
