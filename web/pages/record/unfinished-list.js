/**
 * Recordings that were interrupted and are still on this device.
 */

import { Recorder } from '../../recorder.js';
import { askFirst } from './ask-first.js';
import { errorMessage } from '../error-words.js';
import { formatBytes, formatDate, formatDuration } from '../format.js';
import { byId, showMessage } from '../page-state.js';
import { strings } from './strings.js';

/** @typedef {import('../../recorder.js').Unfinished} Unfinished */

export class UnfinishedList {
  #box = byId('unfinished', HTMLElement);
  #list = byId('unfinished-list', HTMLElement);
  #headline = byId('headline', HTMLElement);
  #events;

  /**
   * @param {object} events
   * @param {(recording: Unfinished) => void} events.finish
   * @param {() => import('../../broker/grant.js').GrantSource | null} events.grant deletes what the broker has completed
   */
  constructor(events) {
    this.#events = events;
  }

  /** Looks what there is; what another tab is at work on is not shown. */
  async refresh() {
    const found = await Recorder.unfinished().catch(() => []); // a browser that keeps nothing for us
    this.#list.replaceChildren(...found.map((recording) => this.#row(recording)));
    this.#box.hidden = found.length === 0;
  }

  /** @param {Unfinished} recording */
  #row(recording) {
    const row = document.createElement('li');
    const name = element('b', recording.name || strings.unnamed);
    const facts = element('span', strings.unfinishedFacts({
      date: formatDate(new Date(recording.startedAt).toISOString()),
      length: formatDuration(recording.durationMs),
      bytes: formatBytes(recording.bytes),
      safe: recording.uploadedBytes > 0 ? formatBytes(recording.uploadedBytes) : '',
    }));
    const words = element('div', '');
    words.append(name, facts);
    row.append(
      words,
      this.#button('finish', recording, () => this.#events.finish(recording)),
      this.#button('discard', recording, () => void this.#discard(recording)),
    );
    return row;
  }

  /** @param {'finish' | 'discard'} what @param {Unfinished} recording @param {() => void} press */
  #button(what, recording, press) {
    const button = /** @type {HTMLButtonElement} */ (element('button', strings[what]));
    button.type = 'button';
    button.className = what === 'discard' ? 'quiet danger' : '';
    button.ariaLabel = strings.ofRecording(strings[what], recording.name || strings.unnamed);
    button.addEventListener('click', press);
    return button;
  }

  /** @param {Unfinished} recording */
  async #discard(recording) {
    if (!await askFirst(strings.sureDiscard)) return;
    try {
      await Recorder.discard(recording.id, { grant: this.#events.grant() ?? undefined });
      showMessage(strings.discarded);
    } catch (error) {
      showMessage(errorMessage(error, strings.errors));
    }
    await this.refresh();
    this.#headline.focus(); // the row with the button is gone
  }
}

/** @param {string} tag @param {string} text */
function element(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}
