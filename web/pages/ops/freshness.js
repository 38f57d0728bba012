/**
 * How far what is shown can be believed: live, asked for now and then, or stale since when.
 */

import { setText } from './dom.js';
import { strings } from './strings.js';
import { byId } from '../page-state.js';

export class Freshness {
  #mark = byId('live', HTMLElement);
  #word = byId('live-word', HTMLElement);
  #stale = byId('stale', HTMLElement);
  #everyMs;
  /** When the broker answered last. */
  #answeredAt = new Date();
  #streaming = false;
  /** @type {import('../../base/errors.js').RecorderError | null} why the last answer did not come */
  #trouble = null;

  /** @param {{everyMs: number}} how how often the list is asked for in any case */
  constructor({ everyMs }) {
    this.#everyMs = everyMs;
  }

  answered() {
    this.#answeredAt = new Date();
    this.#trouble = null;
    this.#show();
  }

  /** @param {import('../../base/errors.js').RecorderError} error */
  failed(error) {
    this.#trouble = error;
    this.#show();
  }

  /** @param {boolean} is whether events are being heard */
  set streaming(is) {
    this.#streaming = is;
    this.#show();
  }

  #show() {
    const trouble = this.#trouble;
    const level = trouble ? 'stale' : this.#streaming ? 'live' : 'polling';
    this.#mark.dataset.level = level;
    this.#mark.title = level === 'polling' ? strings.pollingHint : '';
    setText(this.#word, level === 'polling' ? strings.polling(this.#everyMs / 1000) : strings[level]);
    this.#stale.hidden = !trouble;
    setText(this.#stale, trouble ? strings.staleSince(why(trouble), time(this.#answeredAt)) : '');
  }
}

/** @param {import('../../base/errors.js').RecorderError} error */
function why({ code, reason }) {
  const words = strings.staleBecause;
  return words[`${code} ${reason}`] ?? words[code] ?? words.unknown;
}

/** @param {Date} at */
function time(at) {
  return new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }).format(at);
}
