/**
 * A Chromium whose profile outlives it: killed and started again, it is the same person's browser.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { chromiumOptions } from './browsers.js';
import { temporaryFolder } from './folders.js';
import { until } from './until.js';

export class Profile {
  folder = temporaryFolder();
  /** @type {import('playwright-core').BrowserContext} */
  context;

  /** @param {Parameters<typeof chromiumOptions>[0]} [how] */
  static async start(how) {
    const profile = new Profile();
    await profile.start(how);
    return profile;
  }

  /** @param {Parameters<typeof chromiumOptions>[0]} [how] */
  async start(how) {
    this.context = await chromium.launchPersistentContext(this.folder, chromiumOptions(how));
  }

  /** Ends the browser as a power cut does. */
  async kill() {
    const closed = new Promise((resolve) => { this.context.once('close', resolve); });
    process.kill(this.#pid, 'SIGKILL');
    await closed;
    await until('its processes are gone', () => !this.#isRunning());
  }

  /** Kills the page's renderer. @param {import('playwright-core').Page} page */
  async crash(page) {
    const crashed = new Promise((resolve) => { page.once('crash', resolve); });
    const devtools = await this.context.newCDPSession(page);
    devtools.send('Page.crash').catch(() => {}); // nobody is left to answer
    await crashed;
  }

  /** Nothing where it was killed. */
  close() { return this.context.close(); }

  /** The browser's own process: the one with our profile and without a type. */
  get #pid() {
    return this.processes().find(({ type }) => type === 'browser').pid;
  }

  #isRunning() { return this.processes().length > 0; }

  /** @returns {{pid: number, type: string}[]} type: `browser`, `renderer`, `utility` and so on */
  processes() {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split(/[\0 ]/); // a renderer, born of the zygote, has spaces
        const type = words.find((word) => word.startsWith('--type='))?.slice('--type='.length) ?? 'browser';
        return words.includes(`--user-data-dir=${this.folder}`) ? [{ pid: Number(name), type }] : [];
      } catch {
        return []; // it has ended meanwhile
      }
    });
  }
}
