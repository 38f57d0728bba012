/**
 * One session from near, with what S3 has of it, and what can be done to it.
 */

import { formatBytes, formatDate } from '../format.js';
import { button, element, setNodes, showFacts, theirs } from './dom.js';
import { ageMs, formatRanges, formatSpan } from './format.js';
import { showState } from './session-row.js';
import { strings } from './strings.js';
import { byId } from '../page-state.js';

/**
 * @typedef {import('./wire.js').SessionDetails} SessionDetails
 * @typedef {[term: string, what: Node | string]} Fact
 */

export class DetailsView {
  #box = byId('details', HTMLElement);
  #title = byId('details-title', HTMLElement);
  #facts = byId('details-facts', HTMLElement);
  #watch = byId('details-watch', HTMLAnchorElement);
  #salvage = byId('salvage', HTMLButtonElement);
  #abort = byId('abort', HTMLButtonElement);
  #events;
  /** @type {string} '' while nothing is shown */
  #id = '';
  /** @type {SessionDetails | null} */
  #session = null;
  /** @type {HTMLElement | null} where the focus goes back to */
  #opener = null;

  /** @param {{salvage: (session: SessionDetails) => void, abort: (session: SessionDetails) => void, copy: (id: string) => void, closed: () => void}} events */
  constructor(events) {
    this.#events = events;
    this.#salvage.addEventListener('click', () => { if (this.#session) events.salvage(this.#session); });
    this.#abort.addEventListener('click', () => { if (this.#session) events.abort(this.#session); });
    byId('details-close', HTMLButtonElement).addEventListener('click', () => this.close());
    this.#box.addEventListener('keydown', ({ key }) => { if (key === 'Escape') this.close(); });
  }

  get id() { return this.#id; }

  /**
   * @param {string} id
   * @param {HTMLElement} opener
   * @param {import('./client.js').OpsClient} client
   * @param {AbortSignal} signal
   */
  async open(id, opener, client, signal) {
    this.#id = id;
    this.#opener = opener;
    await this.refresh(client, signal);
    if (this.#id === id) this.focus();
  }

  /**
   * Asks for the session again and shows it.
   *
   * @param {import('./client.js').OpsClient} client
   * @param {AbortSignal} [signal]
   */
  async refresh(client, signal) {
    const id = this.#id;
    if (!id) return;
    const session = await client.session(id, signal);
    if (this.#id === id) this.#show(session);
  }

  /** Where a reader goes on after something was done. */
  focus() {
    this.#title.focus();
    this.#box.scrollIntoView({ block: 'nearest' });
  }

  close() {
    const opener = this.#opener;
    this.#id = '';
    this.#session = null;
    this.#opener = null;
    this.#box.hidden = true;
    this.#events.closed();
    if (opener?.isConnected) opener.focus();
  }

  /** @param {SessionDetails} session */
  #show(session) {
    this.#session = session;
    setNodes(this.#title, [theirs(session.name || strings.unnamed)]);
    showFacts(this.#facts, [...factsOf(session), [strings.details.id, this.#idFact(session.id)]]);
    const plays = session.state === 'completed' && session.watch_url?.startsWith(`${location.origin}/`);
    this.#watch.hidden = !plays;
    if (plays && session.watch_url) this.#watch.href = session.watch_url;
    else this.#watch.removeAttribute('href');
    // An act that is under way can be asked for again: its broker may have died.
    this.#salvage.hidden = !(session.state === 'completing' || (session.state === 'open' && session.parts.length > 0));
    this.#abort.hidden = !['open', 'aborting'].includes(session.state);
    this.#box.hidden = false;
  }

  /** @param {string} id */
  #idFact(id) {
    const copy = button(strings.copy, { class: 'link copy', 'aria-label': strings.copyThisID }, () => this.#events.copy(id));
    return element('span', { class: 'id' }, element('code', {}, id), copy);
  }
}

/** @param {SessionDetails} session @returns {Fact[]} all but its ID */
function factsOf(session) {
  const words = strings.details;
  const badge = element('span', { class: 'badge' });
  showState(badge, session);
  return [
    [words.state, badge],
    [words.owner, session.owner ? theirs(session.owner) : strings.nobody],
    ...arrived(session),
    [words.active, strings.ago(formatDate(session.active_at), formatSpan(session.idle_ms))],
    [words.opened, strings.ago(formatDate(session.opened_at), formatSpan(ageMs(session)))],
    [words.type, session.content_type],
    [words.checksum, strings.checksums[session.checksum]],
    [words.limit, formatBytes(session.max_bytes)],
    [words.abandon, strings.abandon[session.on_abandon]],
    [words.revision, element('code', { class: 'revision' }, String(session.revision))],
  ];
}

/** @param {SessionDetails} session @returns {Fact[]} */
function arrived({ state, size, parts, bytes, parts_reported: reportedParts, bytes_reported: reportedBytes, missing, outcome }) {
  const words = strings.details;
  /** @type {Fact[]} */
  const facts = [];
  if (size !== undefined) facts.push([words.size, formatBytes(size)]);
  if (state === 'open' || state === 'completing') facts.push([words.inS3, strings.progress(parts.length, formatBytes(bytes))]);
  facts.push([words.reported, strings.progress(reportedParts, formatBytes(reportedBytes))]);
  if (state === 'open' || outcome) facts.push([words.missing, missing?.length ? formatRanges(missing, strings.andMore) : strings.nothingMissing]);
  return facts;
}
