/**
 * One session in the table. The row stays the same element while its session changes, so that neither the keyboard's
 * focus nor a selection is lost every few seconds.
 */

import { formatBytes } from '../format.js';
import { button, element, setText, theirs } from './dom.js';
import { ageMs, formatSpan } from './format.js';
import { strings } from './strings.js';

/** So much of an ID tells two apart on a page; the details have all of it. */
const SHORT_ID = 8;

/**
 * @typedef {import('./wire.js').ListedSession} ListedSession
 * @typedef {'state' | 'name' | 'owner' | 'progress' | 'idle' | 'age' | 'id'} Column
 */

export class SessionRow {
  #session;
  #receivedAt;
  #cells = /** @type {Record<Column, HTMLElement>} */ ({});
  #badge = element('span', { class: 'badge' });
  #open;

  /**
   * @param {ListedSession} session its name and owner never change
   * @param {{open: (id: string, opener: HTMLElement) => void, copy: (id: string) => void}} events
   */
  constructor(session, events) {
    this.#session = session;
    this.#receivedAt = performance.now();
    const { id } = session;
    const name = session.name || strings.unnamed;
    this.#open = button('', { class: 'link', 'aria-controls': 'details' }, () => events.open(id, this.#open));
    this.#open.append(theirs(name));
    this.element = element('tr', { role: 'row', 'data-id': id },
      this.#cell('state', this.#badge),
      this.#cell('name', this.#open),
      this.#cell('owner', session.owner ? theirs(session.owner) : element('span', { class: 'soft' }, strings.nobody)),
      this.#cell('progress'),
      this.#cell('idle'),
      this.#cell('age'),
      this.#cell('id', element('code', { title: id }, id.slice(0, SHORT_ID)), button(strings.copy, { class: 'link copy', 'aria-label': strings.copyID(name) }, () => events.copy(id))));
    this.show(session);
  }

  /** @param {ListedSession} session as the broker said just now */
  show(session) {
    this.#session = session;
    this.#receivedAt = performance.now();
    showState(this.#badge, session);
    setText(this.#cells.progress, progressWords(session));
    this.tick();
  }

  /** Time goes by. */
  tick() {
    const passed = performance.now() - this.#receivedAt;
    setText(this.#cells.idle, formatSpan(this.#session.idle_ms + passed));
    setText(this.#cells.age, formatSpan(ageMs(this.#session) + passed));
  }

  /** @param {boolean} is whether its details are shown */
  set chosen(is) {
    if (is) this.element.setAttribute('aria-current', 'true');
    else this.element.removeAttribute('aria-current');
  }

  get opener() { return this.#open; }

  /** @param {Column} column @param {...Node} content */
  #cell(column, ...content) {
    return this.#cells[column] = element('td', { role: 'cell', class: column, 'data-label': strings.columns[column] }, ...content);
  }
}

/** @param {HTMLElement} badge @param {Pick<ListedSession, 'state' | 'outcome'>} session */
export function showState(badge, { state, outcome }) {
  const salvaged = state === 'completed' && outcome === 'salvaged';
  badge.dataset.state = state;
  setText(badge, salvaged ? strings.salvaged : strings.states[state] ?? state); // a newer broker may know another
}

/** @param {ListedSession} session */
function progressWords({ size, parts_reported: parts, bytes_reported: bytes }) {
  return size === undefined ? strings.progress(parts, formatBytes(bytes)) : formatBytes(size);
}
