/**
 * What the panes of one recorder share: the tree that they are in, and the words. A document may hold several.
 */

import { byId, showMessage, showState } from '../pages/page-state.js';

/** @typedef {import('../messages/words.js').Words<'record'>} RecordWords */

export class View {
  /** @param {ShadowRoot} root @param {HTMLElement} frame within it @param {RecordWords} words */
  constructor(root, frame, words) {
    this.root = root;
    this.frame = frame;
    this.words = words;
  }

  /** @template {Element} T @param {string} id @param {new () => T} type @returns {T} */
  byId(id, type) { return byId(id, type, this.root); }

  /** @param {string} state */
  showState(state) { showState(state, this.frame); }

  /** In place of the one before; null takes it away. @param {import('../pages/page-state.js').Message | null} message */
  showMessage(message) { showMessage(message, this.root); }

  /** Whether the focus is somewhere in here. */
  get hasFocus() { return this.root.activeElement !== null; }
}
