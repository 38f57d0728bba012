/**
 * The operators' page, as a person uses it. Works on pages of both browsers.
 */

import assert from 'node:assert/strict';
import { until } from './until.js';

export class OpsPage {
  /** @type {string[]} what scripts threw, and what the page's policy forbade */
  #faults = [];

  /** @param {any} page */
  constructor(page) {
    this.page = page;
    page.on('pageerror', (error) => this.#faults.push(error.message));
    page.on('console', (message) => {
      const text = message.text();
      // WebKit does not know all directives, and says so.
      if (/Content.Security.Policy|Trusted/i.test(text) && !/Unrecognized Content-Security-Policy directive/.test(text)) this.#faults.push(text);
    });
  }

  /** A page of a browser of its own, which may copy. @param {any} browser playwright's */
  static async new(browser) {
    const context = await browser.newContext();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    return new OpsPage(await context.newPage());
  }

  /** Closes the page, in which nothing may have gone wrong. */
  async close() {
    await (this.page.context?.() ?? this.page).close();
    assert.deepEqual(this.#faults, [], 'no script failed, and none met the policy');
  }

  /** The id of what has the keyboard's focus. */
  async focused() { return this.page.evaluate(() => document.activeElement.id); }

  /** @param {string} selector */
  async shown(selector) { return this.page.isVisible(selector); }

  async isLive() {
    await until('the page is live', () => this.page.$eval('#live-word', (word) => word.textContent === 'Live' && document.querySelector('#stale').hidden));
  }

  /** @param {string} url the broker's @param {string} key */
  async open(url, key) {
    await this.page.goto(`${url}/ops`);
    await this.enter(key);
    await this.is('open');
  }

  /** @param {string} key */
  async enter(key) {
    await until('the page takes a key', () => this.page.$eval('#key', (field) => document.body.dataset.state === 'locked' && !field.disabled));
    await this.page.focus('#key');
    await this.page.keyboard.type(key);
    await this.page.keyboard.press('Enter');
  }

  /** @param {string} state */
  async is(state) {
    await until(`the page is ${state}`, async () => await this.page.$eval('body', (body) => body.dataset.state) === state);
  }

  /** The message's words, '' where none is shown. */
  async message() {
    return this.page.$eval('#message', (box) => (box.hidden ? '' : box.textContent));
  }

  /** @param {RegExp} words */
  async says(words) {
    return until(`the page says ${words}`, async () => {
      const said = await this.message();
      return words.test(said) && said;
    });
  }

  /** The rows that are shown: each cell's text by its column. @returns {Promise<Record<string, string>[]>} */
  async rows() {
    return this.page.$$eval('#sessions-rows tr', (rows) => rows.map((row) => ({
      ...Object.fromEntries([...row.cells].map((cell) => [cell.className, cell.innerText.trim()])), id: row.dataset.id,
    })));
  }

  /** @param {string} id @param {(row: Record<string, string>) => boolean} [is] */
  async row(id, is = () => true) {
    return until(`the row of ${id} is as wanted`, async () => {
      const row = (await this.rows()).find((each) => each.id === id);
      return row && is(row) && row;
    });
  }

  /** @param {string} id */
  async lacks(id) {
    await until(`no row of ${id} is shown`, async () => !(await this.rows()).some((each) => each.id === id));
  }

  /** Opens the details of a session. @param {string} id */
  async look(id) {
    await this.row(id);
    await this.page.click(`tr[data-id="${id}"] .name button`);
    await until('the details are shown', async () => (await this.facts())?.ID.startsWith(id));
  }

  /** What the details say, by term. @returns {Promise<Record<string, string> | null>} null where none are shown */
  async facts() {
    return this.page.$eval('#details', (box) => (box.hidden ? null : Object.fromEntries(
      [...box.querySelectorAll('dt')].map((term) => [term.innerText, term.nextElementSibling.innerText]),
    )));
  }

  /** What the dialog says; '' while it is closed. */
  async asks() {
    return this.page.$eval('#confirm', (dialog) => (dialog.open ? dialog.innerText : ''));
  }

  /** Types what the dialog wants to be typed. */
  async confirm() {
    const wanted = await this.page.$eval('#confirm-label', (label) => label.textContent.split(' ').pop());
    await this.page.focus('#confirm-typed');
    await this.page.keyboard.type(wanted);
    await this.page.click('#confirm-yes');
  }

  /** @param {'state' | 'idle' | 'owner'} which @param {string} value */
  async filter(which, value) {
    await this.page.$eval(`#filter-${which}`, (field, wanted) => {
      field.value = wanted;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    }, value);
  }
}
