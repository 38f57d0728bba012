/**
 * The element around a recorder's view: its attributes and events, and what happens when it is moved or taken away.
 */

import { languageOf, loadMessages } from '../messages/load.js';
import { Words } from '../messages/words.js';
import { ShadowView } from '../pages/shadow-view.js';
import { RecorderView } from './recorder-view.js';
import { buildRecorder } from './template.js';

/**
 * @typedef {import('../broker/grant.js').GrantSource} GrantSource
 * @typedef {import('../recorder.js').RecorderEventMap} RecorderEventMap
 *
 * @typedef {RecorderEventMap & {view: CustomEvent<{state: string, headline: string}>,
 *   renamed: CustomEvent<{name: string}>, deleted: CustomEvent<{id: string}>}} SlipwayRecorderEventMap view: what is seen; the states are the Recorder's, and `blocked`, `trying`, `counting`, `uploading`
 */

/** What may be recorded or sent. */
const SOURCES = Object.freeze(['screen', 'camera', 'microphone', 'file']);
/** An element that is moved is put back at once; frameworks may take a moment. */
const MOVED_WITHIN_MS = 1000;

// Where there is no DOM, as on a server that renders, it can be imported, and nothing more.
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/**
 * Attributes: `broker`; `grant-url`, which is asked by POST for each recording, with the page's cookies if it is on the
 * page's own origin, and answers with the grant as text or with the broker's JSON; `sources`, some of `screen camera
 * microphone file`; `name`; `max-minutes`; `lang`; `theme` (`light` or `dark`, where it does not follow the browser). All but `broker` and
 * `grant-url` are read when the element is first seen.
 *
 * Events: the Recorder's, bubbling and composed; `view`; `renamed` and `deleted`, once the person did so after the end.
 */
export class SlipwayRecorder extends Base {
  static observedAttributes = ['broker', 'grant-url'];

  /** @type {GrantSource | null} */
  #grant = null;
  /** @type {RecorderView | null} */
  #view = null;
  /** @type {AbortController | null} while it is in a document */
  #connection = null;
  #building = false;
  #owner = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #leaving;
  /** @type {'noBroker' | null} */
  #blocked = null;

  get broker() { return this.getAttribute('broker') ?? ''; }
  set broker(url) { this.setAttribute('broker', url); }

  get grantUrl() { return this.getAttribute('grant-url') ?? ''; }
  set grantUrl(url) { this.setAttribute('grant-url', url); }

  /** As the Recorder's option: a grant, or a function that gets one for each recording. It goes before `grant-url`. */
  get grant() { return this.#grant; }
  set grant(grant) {
    this.#grant = grant;
    this.#view?.open();
  }

  get name() { return this.getAttribute('name') ?? ''; }
  set name(name) { this.setAttribute('name', name); }

  /** The longest time of a recording; 0 for none. */
  get maxMinutes() { return Math.max(0, Number(this.getAttribute('max-minutes')) || 0); }
  set maxMinutes(minutes) { this.setAttribute('max-minutes', String(minutes)); }

  get sources() { return this.getAttribute('sources') ?? ''; }
  set sources(sources) { this.setAttribute('sources', sources); }

  /** Whose recording it will be, to be shown; '' for nobody in particular. */
  get owner() { return this.#owner; }
  set owner(owner) {
    this.#owner = owner;
    this.#view?.showOwner(owner);
  }

  /** Shows a link to go to, until something else is recorded. @param {URL} url */
  offerWayBack(url) { this.#view?.offerWayBack(url); }

  /**
   * The Recorder, or the recovery, that is at work or was last; null before.
   *
   * @returns {import('../recorder.js').Recorder | import('../recorder.js').Recovery | null}
   */
  get recorder() { return this.#view?.job ?? null; }

  /** What is seen; see the event `view`. @returns {string} */
  get state() { return this.#view?.state ?? 'loading'; }

  /** Says that the broker does not answer, with a button to try again. For the broker's own page. */
  block() {
    this.#blocked = 'noBroker';
    this.#view?.block('noBroker');
  }

  attributeChangedCallback() { this.#view?.open(); }

  connectedCallback() {
    clearTimeout(this.#leaving);
    this.#upgrade('grant');
    this.#connection = new AbortController();
    if (this.#view) this.#view.connect(this.#connection.signal);
    else void this.#build();
  }

  disconnectedCallback() {
    this.#connection?.abort();
    this.#connection = null;
    this.#leaving = setTimeout(() => this.#view?.leave(), MOVED_WITHIN_MS);
  }

  /** Moved by `moveBefore`: nothing of it was away. */
  connectedMoveCallback() {}

  async #build() {
    if (this.#building) return;
    this.#building = true;
    const broker = this.broker.replace(/\/+$/, '');
    const { messages, lang } = await loadMessages(languageOf(this.getAttribute('lang')), broker);
    const words = new Words('record', messages, lang);
    const given = this.sources.split(/\s+/).filter((source) => SOURCES.includes(source));
    this.#view = new RecorderView(new ShadowView(this, buildRecorder(words), words), {
      permission: () => ({ broker: this.broker, grant: this.#grant ?? (this.grantUrl ? () => this.#askForGrant() : null) }),
      tell: (name, detail) => { this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true })); },
    }, { sources: given.length ? given : SOURCES, name: this.name, maxMinutes: this.maxMinutes });
    this.#view.showOwner(this.#owner);
    if (this.#blocked) this.#view.block(this.#blocked);
    if (this.#connection) this.#view.connect(this.#connection.signal);
  }

  /** @returns {Promise<string>} */
  async #askForGrant() {
    const response = await fetch(this.grantUrl, { method: 'POST', cache: 'no-store' });
    if (!response.ok) throw new Error(`${this.grantUrl}: status ${response.status}`);
    const text = (await response.text()).trim();
    return text.startsWith('{') ? JSON.parse(text).grant : text;
  }

  /** A property that was set before the element was defined hides ours. @param {'grant'} name */
  #upgrade(name) {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete (/** @type {any} */ (this))[name];
    this[name] = value;
  }
}
