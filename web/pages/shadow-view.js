/**
 * The shadow root of one element: its parts by id, its state, its message and its words. A document may hold several.
 */

import { byId, showMessage, showState } from './page-state.js';
import { sharedStyle } from './style.js';

/** @template {keyof import('../messages/words.js').Messages} [Area='record'] */
export class ShadowView {
  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} frame what is in it
   * @param {import('../messages/words.js').Words<Area>} words
   */
  constructor(host, frame, words) {
    this.root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    this.root.adoptedStyleSheets = [sharedStyle()];
    frame.lang = words.lang;
    this.root.replaceChildren(frame);
    this.frame = frame;
    this.words = words;
  }

  /** @template {Element} T @param {string} id @param {new () => T} type @returns {T} */
  byId(id, type) { return byId(id, type, this.root); }

  /** @param {string} state */
  showState(state) { showState(state, this.frame); }

  /** In place of the one before; null takes it away. @param {import('./page-state.js').Message | null} message */
  showMessage(message) { showMessage(message, this.root); }

  /** Whether the focus is somewhere in here. */
  get hasFocus() { return this.root.activeElement !== null; }
}
