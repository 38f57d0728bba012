/**
 * How it ended: what there is to watch, or the ways out of a failure.
 */

import { formatBytes, formatDuration } from '../format.js';
import { byId } from '../page-state.js';
import { strings } from './strings.js';

/** Failures of a recording after which there is nothing left to send. */
const HOPELESS = ['empty', 'media-recorder', 'worker-failed'];

/** @typedef {{hopeless: boolean, kept: boolean}} Failure hopeless: nothing is left to send; kept: what is left outlives this page */

export class EndPane {
  #summary = byId('summary', HTMLElement);
  #retry = byId('retry', HTMLButtonElement);
  #later = byId('later', HTMLButtonElement);
  #giveUp = byId('give-up', HTMLButtonElement);

  /** @param {{name: string, durationMs?: number, size: number}} recording */
  summarize({ name, durationMs, size }) {
    const facts = [name, durationMs ? formatDuration(durationMs) : '', formatBytes(size)].filter(Boolean);
    this.#summary.textContent = strings.summary(facts);
  }

  /**
   * What a recording that failed leaves, and the ways out of that.
   *
   * @param {import('../../recorder.js').RecorderError | undefined} error
   * @param {boolean} wasOnDevice before
   * @returns {Failure}
   */
  judge(error, wasOnDevice) {
    const hopeless = HOPELESS.includes(error?.code ?? '');
    const kept = error?.detail?.onDevice ?? wasOnDevice;
    this.offer({ retry: !hopeless, later: kept && !hopeless, leave: hopeless ? strings.back : strings.discard });
    return { hopeless, kept };
  }

  /** @param {{retry: boolean, later: boolean, leave: string}} ways out of a failure; leave: what that means, in words */
  offer({ retry, later, leave }) {
    this.#retry.hidden = !retry;
    this.#later.hidden = !later;
    this.#giveUp.textContent = leave;
    this.#giveUp.className = leave === strings.discard ? 'quiet danger' : '';
  }
}
