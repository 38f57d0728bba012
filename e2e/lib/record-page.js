/**
 * The broker's recording page, as a person uses it. Works on pages of both browsers: what playwright and puppeteer
 * share is enough.
 */

import { until } from './until.js';

/** A link on the page: `/watch/{id}#{share token}`. @param {string} link */
export function idOf(link) {
  return new URL(link).pathname.split('/').pop() ?? '';
}

export class RecordPage {
  /** @param {any} page */
  constructor(page) {
    this.page = page;
  }

  /** The recorder is in a shadow root. playwright looks there by itself. @param {string} css */
  #in(css) { return 'getByRole' in this.page ? css : `>>> ${css}`; }

  /** @param {string} css @param {Function} what */
  async #ask(css, what) { return this.page.$eval(this.#in(css), what); }

  /** Where the focus is, also in a shadow root. @returns {Promise<string>} its id */
  async focused() {
    return this.page.evaluate(() => {
      let focused = document.activeElement;
      while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
      return focused?.id ?? '';
    });
  }

  /** @param {string} url the broker's */
  async open(url) {
    await this.page.goto(url);
    await this.is('idle');
  }

  /**
   * Ticks exactly these sources and presses Record.
   *
   * @param {{screen?: boolean, camera?: boolean, mic?: boolean, countDown?: boolean}} choice
   */
  async record({ countDown = false, ...sources }) {
    await this.choose(sources);
    await this.#tick('#count-down', countDown);
    await this.press('#record');
  }

  /** @param {{screen?: boolean, camera?: boolean, mic?: boolean}} sources exactly these */
  async choose({ screen = false, camera = false, mic = false }) {
    for (const [name, wanted] of Object.entries({ screen, camera, mic })) await this.#tick(`#source-${name}`, wanted);
  }

  /** @param {string} box @param {boolean} wanted */
  async #tick(box, wanted) {
    if (await this.#ask(box, ({ checked }) => checked) !== wanted) await this.press(box);
  }

  /** @param {string} selector */
  async press(selector) { await this.page.click(this.#in(selector)); }

  /** Moves the focus there, as people do who have no mouse. @param {string} id */
  async reach(id) {
    for (let i = 0; i < 30; i++) {
      if (await this.focused() === id) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach #${id}`);
  }

  async state() { return this.page.$eval('body', (body) => body.dataset.state); }

  /**
   * Waits for a state. A state one did not wait for, such as `failed`, ends the wait.
   *
   * @param {string} state
   * @param {number} [withinMs]
   */
  async is(state, withinMs = 40_000) {
    await until(`the page is ${state}`, async () => {
      const now = await this.state();
      if (now === 'failed' && state !== 'failed') throw new Error(`the page has failed: ${await this.message()}`);
      return now === state;
    }, { withinMs });
  }

  /** The message's words, '' where none is shown. */
  async message() {
    return this.#ask('#message', (box) => (box.hidden ? '' : box.textContent));
  }

  /** @param {'recorded' | 'safe'} what */
  async bytes(what) {
    return this.#ask(`#${what}`, (element) => Number(element.dataset.bytes));
  }

  /** @param {number} bytes */
  async hasRecorded(bytes) {
    await until(`${bytes} bytes are recorded`, async () => {
      const state = await this.state();
      if (!['starting', 'recording'].includes(state)) throw new Error(`the page is ${state}: ${await this.message()}`);
      return await this.bytes('recorded') >= bytes;
    }, { withinMs: 60_000 });
  }

  /** The link, which is there from open on. @returns {Promise<string>} */
  async link() {
    return until('the page shows a link', () => this.#ask('#link', (field) => field.value));
  }
}
