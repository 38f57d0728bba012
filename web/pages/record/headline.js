import { byId } from '../page-state.js';
import { strings } from './strings.js';

/** The page's headline and title, and what is read out. */
export class Headline {
  #headline = byId('headline', HTMLElement);
  #status = byId('status', HTMLElement);

  /** @param {string} words @param {{aloud?: boolean}} [how] aloud: unless it is false */
  show(words, { aloud = true } = {}) {
    this.#headline.textContent = words;
    document.title = strings.pageTitle(words);
    if (aloud) this.say(words);
  }

  /** @param {string} words are read out */
  say(words) {
    this.#status.textContent = words;
  }
}
