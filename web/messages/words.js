/**
 * What pages and elements say, in the language of the person: sentences with their values in, plurals, numbers and dates.
 */

import { formatBytes, formatDate, formatDuration } from '../pages/format.js';
import en from './en.json' with { type: 'json' };

/**
 * @typedef {typeof en} Messages
 * @typedef {import('../pages/page-state.js').Message} Message
 * @typedef {import('../pages/error-words.js').Words} ErrorWords
 * @typedef {Record<string, string | number>} Values
 * @typedef {string | string[] | Record<string, string>} Entry
 */

/** A wait that is said in seconds. */
const SECONDS_UP_TO_MS = 90_000;

/** What is said on one page, or in one element. @template {keyof Messages} [Area='record'] */
export class Words {
  #entries;
  #plurals;

  /**
   * @param {Area} area of the messages
   * @param {Messages} [messages] English unless given
   * @param {string} [lang] their language
   */
  constructor(area, messages = en, lang = 'en') {
    this.lang = lang;
    this.messages = messages;
    this.#entries = /** @type {Record<string, Entry>} */ (/** @type {any} */ (messages)[area]);
    this.#plurals = new Intl.PluralRules(lang);
  }

  /** @param {keyof Messages[Area] & string} key @param {Values} [values] `count` chooses the plural @returns {string} */
  text(key, values = {}) {
    const entry = this.#entries[key];
    if (typeof entry === 'string') return filled(entry, values);
    const forms = /** @type {Record<string, string>} */ (entry);
    const { count = 0 } = values;
    const form = forms[this.#plurals.select(Number(count))] ?? forms.other;
    return filled(form, { ...values, count: new Intl.NumberFormat(this.lang).format(Number(count)) });
  }

  /** Several sentences that belong together, by name. @param {keyof Messages[Area] & string} key */
  group(key) { return /** @type {Record<string, string>} */ (this.#entries[key]); }

  /** @param {keyof Messages[Area] & string} key @param {Message['kind']} [kind] @param {Values} [values] @returns {Message} */
  message(key, kind, values = {}) {
    const entry = this.#entries[key];
    if (typeof entry === 'string') return { kind, text: filled(entry, values) };
    const [title, text] = /** @type {string[]} */ (entry);
    return { kind, title: filled(title, values), text: filled(text, values) };
  }

  /** The words of errors; those of later tables come first. @param {...('errors' | 'failures' | 'fileErrors')} tables @returns {ErrorWords} */
  errors(...tables) {
    const all = /** @type {Record<string, string[]>} */ (Object.assign({}, ...tables.map((table) => this.messages[table])));
    return Object.fromEntries(Object.entries(all).map(([code, [title, text]]) => [
      code, (/** @type {number} */ ms) => /** @type {[string, string]} */ ([title, filled(text, { when: this.#when(ms) })]),
    ]));
  }

  /** @param {number} bytes */
  bytes(bytes) { return formatBytes(bytes, this.lang); }
  /** @param {number} ms */
  duration(ms) { return formatDuration(ms); }
  /** @param {string} instant RFC 3339 */
  date(instant) { return formatDate(instant, this.lang); }
  /** @param {number} share 0 to 1 */
  percent(share) { return new Intl.NumberFormat(this.lang, { style: 'percent' }).format(share); }
  /** @param {string[]} things */
  list(things) { return new Intl.ListFormat(this.lang, { type: 'conjunction' }).format(things); }

  /** @param {number} ms */
  #when(ms) {
    const { inSeconds, at } = this.messages.when;
    if (ms < SECONDS_UP_TO_MS) return filled(inSeconds, { seconds: Math.max(1, Math.ceil(ms / 1000)) });
    return filled(at, { time: new Intl.DateTimeFormat(this.lang, { timeStyle: 'short' }).format(new Date(Date.now() + ms)) });
  }
}

/** @param {string} sentence @param {Values} values */
function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));
}
