/**
 * Recordings that were interrupted and are still on this device.
 */

import { Recorder } from '../recorder.js';
import { askFirst } from './ask-first.js';
import { errorMessage } from '../pages/error-words.js';
import { Pane } from './pane.js';

/** @typedef {import('../recorder.js').Unfinished} Unfinished */

export class UnfinishedList extends Pane {
  #box = this.byId('unfinished', HTMLElement);
  #list = this.byId('unfinished-list', HTMLElement);
  #headline = this.byId('headline', HTMLElement);
  #events;

  /**
   * @param {import('../pages/shadow-view.js').ShadowView} view
   * @param {object} events
   * @param {(recording: Unfinished) => void} events.finish
   * @param {() => import('../broker/grant.js').GrantSource | null} events.grant deletes what the broker has completed
   */
  constructor(view, events) {
    super(view);
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
    const name = element('b', recording.name || this.words.text('unnamed'));
    const [bytes, saved] = [this.words.bytes(recording.bytes), this.words.bytes(recording.uploadedBytes)];
    const facts = element('span', [
      this.words.date(new Date(recording.startedAt).toISOString()),
      this.words.duration(recording.durationMs),
      recording.uploadedBytes > 0 ? this.words.text('partSaved', { bytes, saved }) : bytes,
    ].join(' · '));
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
    const button = /** @type {HTMLButtonElement} */ (element('button', this.words.text(what)));
    button.type = 'button';
    button.className = what === 'discard' ? 'quiet danger' : '';
    button.ariaLabel = this.words.text('ofRecording', { what: this.words.text(what), name: recording.name || this.words.text('unnamed') });
    button.addEventListener('click', press);
    return button;
  }

  /** @param {Unfinished} recording */
  async #discard(recording) {
    if (!await askFirst(this.view, 'sureDiscard')) return;
    try {
      await Recorder.discard(recording.id, { grant: this.#events.grant() ?? undefined });
      this.view.showMessage(this.words.message('discarded'));
    } catch (error) {
      this.view.showMessage(errorMessage(error, this.words.errors('errors')));
    }
    await this.refresh();
    this.#headline.focus(); // the row with the button is gone
  }
}

/** @param {string} tag @param {string} text */
function element(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}
