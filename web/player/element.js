/**
 * The element around a player: what it plays, and what it tells.
 */

import { languageOf, loadMessages } from '../messages/load.js';
import { Words } from '../messages/words.js';
import { brokerUrl } from '../pages/broker-url.js';
import { ShadowView } from '../pages/shadow-view.js';
import { buildPlayer, PlayerView } from './player-view.js';

/**
 * @typedef {object} SlipwayPlayerEventMap
 * @property {CustomEvent<{id: string, name: string, size: number, contentType: string, createdAt: string}>} ready it can be played
 * @property {CustomEvent<{code: string, reason?: string, status: number}>} failed it cannot be shown
 */

// Where there is no DOM, as on a server that renders, it can be imported, and nothing more.
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/**
 * Attributes: `src`, a recording's link; `lang`; `theme` (`light` or `dark`). Events: `ready` and `failed`, bubbling and
 * composed.
 */
export class SlipwayPlayer extends Base {
  static observedAttributes = ['src'];

  /** @type {PlayerView | null} */
  #view = null;
  #building = false;
  #shown = '';

  /** The link to watch it, as the recorder's `watchUrl`. */
  get src() { return this.getAttribute('src') ?? ''; }
  set src(link) { this.setAttribute('src', link); }

  /** The element that plays; null until it is there. @returns {HTMLVideoElement | null} */
  get video() { return this.#view?.video ?? null; }

  attributeChangedCallback() { void this.#show(); }

  connectedCallback() { void this.#show(); }

  disconnectedCallback() {
    queueMicrotask(() => { // one that is moved is back by then
      if (this.isConnected) return;
      this.#view?.close();
      this.#shown = '';
    });
  }

  /** @returns {Promise<void>} */
  async #show() {
    const { src } = this;
    if (!src || !this.isConnected || this.#building) return;
    const link = sourceOf(src);
    if (!this.#view) {
      this.#building = true;
      const { messages, lang } = await loadMessages(languageOf(this.getAttribute('lang')), link.broker);
      const words = new Words('watch', messages, lang);
      this.#view = new PlayerView(new ShadowView(this, buildPlayer(words), words), (name, detail) => {
        this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
      });
      this.#building = false;
      return this.#show(); // it may be about another by now
    }
    if (src === this.#shown) return;
    this.#shown = src;
    await this.#view.show(link);
  }
}

/** @param {string} link `https://broker.example/watch/{id}#{token}`, or with `embed` for `watch` @returns {import('./player-view.js').Source} */
function sourceOf(link) {
  const url = new URL(link, document.baseURI);
  return { broker: brokerUrl(url.href), id: url.pathname.split('/').pop() ?? '', token: url.hash.slice(1).split('&')[0] };
}
