/**
 * The link, from the moment it exists: it can be copied while the recording is still being made.
 */

import { copyText } from '../pages/copy.js';
import { Pane } from './pane.js';

const COPIED_MS = 2500;

export class LinkView extends Pane {
  #share = this.byId('share', HTMLElement);
  #field = this.byId('link', HTMLInputElement);
  #note = this.byId('link-note', HTMLElement);
  #copy = this.byId('copy', HTMLButtonElement);
  #watch = this.byId('watch', HTMLAnchorElement);
  #say;

  /** @param {import('../pages/shadow-view.js').ShadowView} view @param {(words: string) => void} say reads something out */
  constructor(view, say) {
    super(view);
    this.#say = say;
    this.#copy.addEventListener('click', () => void this.#copied());
    this.#field.addEventListener('focus', () => this.#field.select());
  }

  /** @param {string} url '' for none @param {{ready: boolean, wanted: boolean}} how ready: it plays; wanted: the page has room for it now */
  show(url, { ready, wanted }) {
    if (this.#field.value !== url) {
      this.#field.value = url;
      this.#watch.href = url;
    }
    this.#share.hidden = !url || !wanted;
    this.#note.textContent = this.words.text(ready ? 'linkReady' : 'linkEarly');
  }

  async #copied() {
    this.#copy.textContent = this.words.text(await copyText(this.#field) ? 'copied' : 'copyYourself');
    this.#say(this.#copy.textContent);
    setTimeout(() => { this.#copy.textContent = this.words.text('copy'); }, COPIED_MS);
  }
}
