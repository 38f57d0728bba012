/**
 * Uploads that no session has, and what they cost. Each one on a page costs the broker a request to S3, so they are
 * looked for when somebody wants to see them, and not every few seconds.
 */

import { formatBytes, formatDate } from '../format.js';
import { button, element, setText } from './dom.js';
import { formatSpan, formatUSD } from './format.js';
import { Pager } from './pager.js';
import { strings } from './strings.js';
import { byId } from '../page-state.js';

/** Uploads looked through for a page. */
const PAGE = 100;

/** @typedef {import('./wire.js').Orphan} Orphan */

export class OrphansView {
  #table = byId('orphans-table', HTMLTableElement);
  #body = byId('orphans-rows', HTMLElement);
  #empty = byId('orphans-empty', HTMLElement);
  #sum = byId('orphans-sum', HTMLElement);
  #again = byId('orphans-again', HTMLButtonElement);
  #pager;
  #events;

  /** @param {{wanted: () => void, abort: (orphan: Orphan) => void}} events */
  constructor(events) {
    this.#events = events;
    this.#pager = new Pager('orphans-pager', events.wanted);
    this.#again.addEventListener('click', events.wanted);
  }

  /**
   * @param {import('./client.js').OpsClient} client
   * @param {AbortSignal} [signal]
   */
  async refresh(client, signal) {
    this.#again.disabled = true;
    try {
      this.#show(await client.orphans({ limit: PAGE, cursor: this.#pager.pages.cursor }, signal));
    } finally {
      this.#again.disabled = false;
    }
  }

  /** Where a reader goes on after one is gone. */
  focus() { this.#again.focus(); }

  get words() { return this.#sum.textContent || this.#empty.textContent || ''; }

  clear() {
    this.#pager.pages.first();
    this.#show({ orphans: [] });
  }

  /** @param {import('./wire.js').OrphanPage} page */
  #show({ orphans, next_cursor: next }) {
    const { pages } = this.#pager;
    pages.arrived(next);
    this.#pager.show();
    this.#body.replaceChildren(...orphans.map((orphan) => this.#row(orphan)));
    this.#table.hidden = orphans.length === 0;
    this.#empty.hidden = orphans.length > 0;
    setText(this.#empty, pages.hasNext ? strings.noOrphansHere : strings.noOrphans);
    setText(this.#sum, orphans.length > 0 ? sumWords(orphans) : '');
  }

  /** @param {Orphan} orphan */
  #row(orphan) {
    const words = strings.orphanColumns;
    /** @param {keyof typeof words} column @param {...(Node | string)} content */
    const cell = (column, ...content) => element('td', { role: 'cell', class: column, 'data-label': words[column] }, ...content);
    return element('tr', { role: 'row' },
      cell('key', keyOf(orphan)),
      cell('reason', strings.reasons[orphan.reason] ?? orphan.reason),
      cell('age', formatSpan(orphan.age_ms)),
      cell('bytes', holdings(orphan)),
      cell('cost', formatUSD(orphan.monthly_cost_usd)),
      cell('abort', this.#action(orphan)));
  }

  /** @param {Orphan} orphan */
  #action(orphan) {
    // The broker refuses to abort what may be a recording in progress.
    if (orphan.adopt_at) return element('span', { class: 'note' }, strings.adoptedAt(formatDate(orphan.adopt_at)));
    const attributes = { class: 'small danger', 'aria-haspopup': 'dialog', 'aria-label': strings.abortThis(orphan.key) };
    return button(strings.abortShort, attributes, () => this.#events.abort(orphan));
  }
}

/** @param {Orphan} orphan */
export function keyOf({ key }) {
  return element('bdi', { dir: 'ltr', class: 'path' }, key); // a path is read from left to right, whatever it consists of
}

/** @param {Orphan} orphan */
export function holdings({ parts, bytes }) {
  return parts > 0 ? strings.progress(parts, formatBytes(bytes)) : strings.emptyUpload;
}

/** @param {Orphan[]} orphans */
function sumWords(orphans) {
  /** @param {(orphan: Orphan) => number} of */
  const sum = (of) => orphans.reduce((total, orphan) => total + of(orphan), 0);
  return strings.orphanSum(orphans.length, formatBytes(sum(({ bytes }) => bytes)), formatUSD(sum(({ monthly_cost_usd: usd }) => usd)));
}
