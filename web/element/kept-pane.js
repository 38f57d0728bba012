/**
 * After the end: a look at what was recorded, its name, and second thoughts. All of it is asked of the broker with a grant of
 * the recording's owner.
 */

import { BrokerClient } from '../broker/client.js';
import { grantFrom, withGrant } from '../broker/grant.js';
import { errorMessage } from '../pages/error-words.js';
import { ShadowView } from '../pages/shadow-view.js';
import { Words } from '../messages/words.js';
import { buildPlayer, PlayerView } from '../player/player-view.js';
import { askFirst } from './ask-first.js';
import { Pane } from './pane.js';

const TRIES = 3;

/** @typedef {{broker: string, grant: import('../broker/grant.js').GrantSource | null}} Permission */

export class KeptPane extends Pane {
  #box = this.byId('kept', HTMLElement);
  #stage = this.byId('kept-stage', HTMLElement);
  #name = this.byId('title', HTMLInputElement);
  #events;
  #id = '';
  /** @type {PlayerView | null} */
  #player = null;

  /**
   * @param {import('../pages/shadow-view.js').ShadowView} view
   * @param {object} events
   * @param {() => Permission} events.permission
   * @param {(name: string) => void} events.renamed
   * @param {(id: string, shown: boolean) => void} events.deleted shown: that one, and not another by now
   */
  constructor(view, events) {
    super(view);
    this.#events = events;
    this.byId('rename', HTMLElement).addEventListener('click', () => void this.#rename());
    this.#name.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !event.isComposing) void this.#rename(); });
    this.byId('delete', HTMLElement).addEventListener('click', () => void this.#delete());
  }

  /** @param {{id: string, watchUrl: string}} result @param {string} name */
  show({ id, watchUrl }, name) {
    this.#id = id;
    this.#name.value = name;
    this.#box.hidden = !this.#events.permission().grant;
    void this.#preview(id, new URL(watchUrl || 'about:blank').hash.slice(1));
  }

  hide() {
    this.#id = '';
    this.#player?.close();
    this.#box.hidden = true;
  }

  /** @param {string} id @param {string} shareToken '' where links do not count: then its owner's grant does */
  async #preview(id, shareToken) {
    const { broker, grant } = this.#events.permission();
    const token = shareToken || (grant ? await grantFrom(grant).catch(() => '') : '');
    if (id !== this.#id) return;
    this.#player ??= new PlayerView(this.#playerIn(this.#stage), () => {});
    await this.#player.show({ broker: new URL(broker, document.baseURI).href.replace(/\/+$/, ''), id, token });
  }

  /** The player has a tree of its own, whose parts have the names of a player. @param {HTMLElement} host */
  #playerIn(host) {
    const words = new Words('watch', this.words.messages, this.words.lang);
    return new ShadowView(host, buildPlayer(words), words);
  }

  async #rename() {
    const id = this.#id;
    const title = this.#name.value.replace(/\p{Cc}/gu, ' ').trim();
    if (!title) return;
    try {
      await this.#call(id, 'PATCH', { title });
      if (id !== this.#id) return; // another is shown by now
      this.#events.renamed(title);
      this.view.showMessage(this.words.message('renamed'));
    } catch (error) {
      if (id === this.#id) this.#refused('notRenamed', error);
    }
  }

  async #delete() {
    const id = this.#id;
    if (!await askFirst(this.view, 'sureDelete') || id !== this.#id) return;
    try {
      await this.#call(id, 'DELETE');
      this.#events.deleted(id, id === this.#id);
    } catch (error) {
      if (id === this.#id) this.#refused('notDeleted', error);
    }
  }

  /** @param {string} id @param {string} method @param {object} [body] */
  async #call(id, method, body) {
    const { broker, grant } = this.#events.permission();
    const client = new BrokerClient({ broker: new URL(broker, document.baseURI).href });
    const path = `v1/recordings/${id}`;
    await withGrant(() => grantFrom(grant ?? ''), (bearer) => client.call({ method, path, bearer, credential: 'grant', body, tries: TRIES }));
  }

  /** @param {'notRenamed' | 'notDeleted'} what @param {unknown} error */
  #refused(what, error) {
    this.view.showMessage({ ...this.words.message(what, 'warning'), code: errorMessage(error, this.words.errors('errors')).code });
  }
}
