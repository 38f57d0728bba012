/**
 * How it ended: what there is to watch, or the ways out of a failure.
 */

import { Pane } from './pane.js';

/** Failures of a recording after which there is nothing left to send. */
const HOPELESS = ['empty', 'media-recorder', 'worker-failed'];

/** @typedef {{hopeless: boolean, kept: boolean}} Failure hopeless: nothing is left to send; kept: what is left outlives this page */

export class EndPane extends Pane {
  #summary = this.byId('summary', HTMLElement);
  #retry = this.byId('retry', HTMLButtonElement);
  #later = this.byId('later', HTMLButtonElement);
  #giveUp = this.byId('give-up', HTMLButtonElement);

  /** @param {{name: string, durationMs?: number, size: number}} recording */
  summarize({ name, durationMs, size }) {
    const facts = [name, durationMs ? this.words.duration(durationMs) : '', this.words.bytes(size)].filter(Boolean);
    this.#summary.textContent = this.words.text('summary', { facts: facts.join(' · ') });
  }

  /**
   * What a recording that failed leaves, and the ways out of that.
   *
   * @param {import('../recorder.js').RecorderError | undefined} error
   * @param {boolean} wasOnDevice before
   * @returns {Failure}
   */
  judge(error, wasOnDevice) {
    const hopeless = HOPELESS.includes(error?.code ?? '');
    const kept = error?.detail?.onDevice ?? wasOnDevice;
    this.offer({ retry: !hopeless, later: kept && !hopeless, leave: hopeless ? 'back' : 'discard' });
    return { hopeless, kept };
  }

  /** @param {{retry: boolean, later: boolean, leave: 'back' | 'discard'}} ways out of a failure; leave: what that means */
  offer({ retry, later, leave }) {
    this.#retry.hidden = !retry;
    this.#later.hidden = !later;
    this.#giveUp.textContent = this.words.text(leave);
    this.#giveUp.className = leave === 'discard' ? 'quiet danger' : '';
  }
}
