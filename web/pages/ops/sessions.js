/**
 * The list of sessions: its filters, one page of it, and the way to the next. There is never more than a page in the
 * document, however many sessions there are.
 */

import { setText } from './dom.js';
import { Pager } from './pager.js';
import { SessionRow } from './session-row.js';
import { strings } from './strings.js';
import { byId } from '../page-state.js';

const PAGE = 50;

export class SessionsView {
  #filters = byId('filters', HTMLFormElement);
  #state = byId('filter-state', HTMLSelectElement);
  #idle = byId('filter-idle', HTMLSelectElement);
  #owner = byId('filter-owner', HTMLInputElement);
  #table = byId('sessions-table', HTMLTableElement);
  #body = byId('sessions-rows', HTMLElement);
  #empty = byId('sessions-empty', HTMLElement);
  #unreadable = byId('unreadable', HTMLElement);
  #pager;
  #events;
  /** @type {Map<string, SessionRow>} */
  #rows = new Map();
  #chosen = '';

  /** @param {{wanted: () => void, open: (id: string, opener: HTMLElement) => void, copy: (id: string) => void}} events wanted: others than are shown */
  constructor(events) {
    this.#events = events;
    this.#pager = new Pager('sessions-pager', events.wanted);
    this.#filters.addEventListener('change', () => this.#filtered());
    this.#filters.addEventListener('submit', (event) => event.preventDefault()); // Enter has made a change
  }

  /**
   * Asks for the page and shows it.
   *
   * @param {import('./client.js').OpsClient} client
   * @param {AbortSignal} [signal]
   */
  async refresh(client, signal) {
    this.#show(await client.sessions(this.#filter, { limit: PAGE, cursor: this.#pager.pages.cursor }, signal));
  }

  /** Time goes by. */
  tick() {
    for (const row of this.#rows.values()) row.tick();
  }

  /** @param {string} id whose details are shown; '' for none */
  set chosen(id) {
    this.#chosen = id;
    for (const [each, row] of this.#rows) row.chosen = each === id;
  }

  get words() { return strings.rows(this.#rows.size); }

  /** As if nobody had ever looked. */
  clear() {
    this.#filters.reset();
    this.#pager.pages.first();
    this.#show({ sessions: [] });
  }

  /** @returns {import('./client.js').Filter} */
  get #filter() {
    return { state: this.#state.value, owner: this.#owner.value, idleFor: this.#idle.value };
  }

  #filtered() {
    this.#pager.pages.first();
    this.#events.wanted();
  }

  /** @param {import('./wire.js').SessionPage} page */
  #show({ sessions, unreadable = [], next_cursor: next }) {
    this.#pager.pages.arrived(next);
    this.#showRows(sessions);
    this.#pager.show();
    this.#table.hidden = sessions.length === 0;
    this.#empty.hidden = sessions.length > 0;
    setText(this.#empty, this.#emptyWords());
    this.#unreadable.hidden = unreadable.length === 0;
    setText(this.#unreadable, unreadable.length > 0 ? strings.unreadable(unreadable) : '');
  }

  #emptyWords() {
    if (this.#pager.pages.hasPrevious) return strings.noneHere;
    const { state, owner, idleFor } = this.#filter;
    return state || owner || idleFor ? strings.noMatch : strings.noSessions;
  }

  /** @param {import('./wire.js').ListedSession[]} sessions */
  #showRows(sessions) {
    const focused = document.activeElement;
    const rows = new Map(sessions.map((session) => [session.id, this.#rowOf(session)]));
    for (const [id, row] of this.#rows) if (!rows.has(id)) row.element.remove();
    this.#rows = rows;
    let next = this.#body.firstElementChild;
    for (const { element } of rows.values()) {
      if (element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(element, next);
    }
    // A row that moves takes the keyboard's focus along only if somebody gives it back.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#body.contains(focused)) focused.focus({ preventScroll: true });
  }

  /** @param {import('./wire.js').ListedSession} session */
  #rowOf(session) {
    const known = this.#rows.get(session.id);
    known?.show(session);
    const row = known ?? new SessionRow(session, this.#events);
    row.chosen = session.id === this.#chosen;
    return row;
  }
}
