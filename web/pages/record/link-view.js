/**
 * The link, from the moment it exists: it can be copied while the recording is still being made.
 */

import { copyText } from '../copy.js';
import { byId } from '../page-state.js';
import { strings } from './strings.js';

const COPIED_MS = 2500;

export class LinkView {
  #share = byId('share', HTMLElement);
  #field = byId('link', HTMLInputElement);
  #note = byId('link-note', HTMLElement);
  #copy = byId('copy', HTMLButtonElement);
  #watch = byId('watch', HTMLAnchorElement);
  #say;

  /** @param {(words: string) => void} say reads something out */
  constructor(say) {
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
    this.#note.textContent = ready ? strings.linkReady : strings.linkEarly;
  }

  async #copied() {
    this.#copy.textContent = await copyText(this.#field) ? strings.copied : strings.copyYourself;
    this.#say(this.#copy.textContent);
    setTimeout(() => { this.#copy.textContent = strings.copy; }, COPIED_MS);
  }
}
