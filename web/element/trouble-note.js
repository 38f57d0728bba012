/**
 * The message of what goes wrong while everything goes on. Of a trouble that passes by itself it goes as soon as something
 * gets through; of another it stays, and those that pass do not take its place.
 */

import { errorMessage } from '../pages/error-words.js';
import { Pane } from './pane.js';

const PASSING = ['offline', 'unavailable', 'limited', 's3', 'url-expired', 'internal'];

export class TroubleNote extends Pane {
  #passing = false; // the message tells of a trouble that passes by itself
  #lasting = false; // the message tells of something that does not
  #code = ''; // what it tells of

  /** @param {import('../recorder.js').RecorderError} error @returns {boolean} whether it passes by itself */
  show(error) {
    const passes = PASSING.includes(error.code);
    if (passes && this.#lasting) return passes;
    this.#passing = passes;
    this.#lasting = !passes;
    this.#code = error.code;
    this.view.showMessage({ ...errorMessage(error, this.words.errors('errors')), kind: 'warning' });
    return passes;
  }

  /** Something got through. */
  eased() {
    if (this.#passing) this.view.showMessage(null);
    this.#passing = false;
  }

  /** @param {string} code what an error told of is over */
  over(code) {
    if (code !== this.#code) return;
    this.view.showMessage(null);
    this.#passing = false;
    this.forget();
  }

  /** The page is about something else: what the message tells now is not for us to take away. */
  leave() { this.#passing = false; }

  /** Another recording. */
  forget() {
    this.#lasting = false;
    this.#code = '';
  }
}
