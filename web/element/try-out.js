/**
 * A look into the camera, and a word into the microphone, before anything is recorded.
 */

import { openCapture } from '../capture/capture.js';

export class TryOut {
  /** @type {import('../capture/capture.js').Capture | null} */
  #capture = null;
  #attempt = 0;

  get stream() { return this.#capture?.stream ?? null; }
  get level() { return this.#capture?.level ?? 0; }

  /**
   * Opens devices in place of those it has.
   *
   * @param {import('../recorder.js').CaptureOptions} devices
   * @returns {Promise<boolean>} false: something else is wanted by now
   * @throws {import('../base/errors.js').RecorderError}
   */
  async open(devices) {
    this.close();
    const attempt = ++this.#attempt;
    const capture = await openCapture(devices);
    if (attempt !== this.#attempt) {
      capture.close();
      return false;
    }
    this.#capture = capture;
    return true;
  }

  close() {
    this.#attempt++;
    this.#capture?.close();
    this.#capture = null;
  }
}
