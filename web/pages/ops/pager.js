/**
 * Previous and Next of one listing.
 */

import { setText } from './dom.js';
import { Pages } from './pages.js';
import { strings } from './strings.js';
import { byId } from '../page-state.js';

export class Pager {
  pages = new Pages();
  #box;
  #back;
  #forward;

  /** @param {string} id of the `nav` @param {() => void} onMove another page is wanted */
  constructor(id, onMove) {
    this.#box = byId(id, HTMLElement);
    this.#back = this.#button('back', onMove);
    this.#forward = this.#button('forward', onMove);
  }

  show() {
    const { number, hasNext, hasPrevious } = this.pages;
    const focused = document.activeElement;
    this.#back.disabled = !hasPrevious;
    this.#forward.disabled = !hasNext;
    this.#box.hidden = !hasNext && !hasPrevious;
    setText(/** @type {Element} */ (this.#box.querySelector('span')), strings.page(number));
    // A button that is switched off lets the keyboard's focus fall to nowhere.
    if (focused === this.#back && !hasPrevious) this.#forward.focus();
    if (focused === this.#forward && !hasNext) this.#back.focus();
  }

  /** @param {'back' | 'forward'} to @param {() => void} onMove */
  #button(to, onMove) {
    const found = /** @type {HTMLButtonElement} */ (this.#box.querySelector(`[data-to="${to}"]`));
    found.addEventListener('click', () => { this.pages[to](); onMove(); });
    return found;
  }
}
