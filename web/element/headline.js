import { Pane } from './pane.js';

/** The headline, and what is read out. */
export class Headline extends Pane {
  #headline = this.byId('headline', HTMLElement);
  #status = this.byId('status', HTMLElement);

  /** What it says now. */
  get text() { return this.#headline.textContent ?? ''; }

  /** @param {string} words @param {{aloud?: boolean}} [how] aloud: unless it is false */
  show(words, { aloud = true } = {}) {
    this.#headline.textContent = words;
    if (aloud) this.say(words);
  }

  /** @param {string} words are read out */
  say(words) {
    this.#status.textContent = words;
  }
}
