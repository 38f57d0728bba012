/**
 * How it ended: what there is to watch, or the ways out of a failure.
 */

import { formatBytes, formatDuration } from './format.js';
import { byId } from './page-state.js';
import { strings } from './record-strings.js';

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

  /** @param {{retry: boolean, later: boolean, leave: string}} ways out of a failure; leave: what that means, in words */
  offer({ retry, later, leave }) {
    this.#retry.hidden = !retry;
    this.#later.hidden = !later;
    this.#giveUp.textContent = leave;
    this.#giveUp.className = leave === strings.discard ? 'quiet danger' : '';
  }
}
