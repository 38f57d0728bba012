/**
 * A file on its way to S3. Nothing is heard any more of one that was forgotten.
 */

import { uploadFile } from '../recorder.js';
import { askFirst } from './ask-first.js';
import { Pane } from './pane.js';

/** Failures that another try would only repeat. */
const AT_FAULT = ['empty', 'invalid', 'unreadable', 'too-large', 'max-bytes', 'forbidden'];

export class FileUpload extends Pane {
  #events;
  /** @type {{file: File, controller: AbortController} | null} */
  #current = null;

  /**
   * @param {import('../pages/shadow-view.js').ShadowView} view
   * @param {object} events
   * @param {(counts: import('./safety-view.js').Counts) => void} events.progressed
   * @param {(error: import('../recorder.js').RecorderError) => void} events.trouble it goes on
   * @param {(result: import('../recorder.js').UploadResult) => void} events.completed
   * @param {(error: import('../recorder.js').RecorderError, retry: boolean) => void} events.failed retry: that may help
   * @param {() => void} events.cancelled
   */
  constructor(view, events) {
    super(view);
    this.#events = events;
  }

  /** The one that is sent, or that failed. @returns {File | null} */
  get file() { return this.#current?.file ?? null; }

  /** @param {File} file @param {{broker: string, grant: import('../broker/grant.js').GrantSource, name?: string}} how */
  async send(file, how) {
    const mine = this.#current = { file, controller: new AbortController() };
    const { signal } = mine.controller;
    const tell = (/** @type {() => void} */ event) => { if (this.#current === mine) event(); };
    const { progressed, trouble, completed, failed, cancelled } = this.#events;
    try {
      const result = await uploadFile(file, {
        ...how, signal,
        onProgress: (counts) => tell(() => progressed(counts)),
        onTrouble: (error) => tell(() => trouble(error)),
      });
      tell(() => completed(result));
    } catch (cause) {
      const error = /** @type {import('../recorder.js').RecorderError} */ (cause);
      tell(() => (signal.aborted ? cancelled() : failed(error, !AT_FAULT.includes(error.code))));
    }
  }

  async cancel() {
    const cancelled = this.#current;
    if (await askFirst(this.view, 'sureCancel') && this.#current === cancelled) cancelled?.controller.abort();
  }

  forget() { this.#current = null; }
}
