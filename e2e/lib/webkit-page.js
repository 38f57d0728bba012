/**
 * A page of WebKitGTK, with the part of puppeteer's API that the tests use.
 */

import { writeFileSync } from 'node:fs';

/** What WebDriver calls an element by (https://www.w3.org/TR/webdriver2/#elements). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
/** What it calls keys that write nothing (https://www.w3.org/TR/webdriver2/#keyboard-actions). */
const KEYS = { Tab: '\uE004', Enter: '\uE007', Home: '\uE011', Space: ' ' };
const SCRIPT_MS = 310_000;

/** Runs a function, or an expression, in the page: the answer is a value or what was thrown. */
const IN_PAGE = (expression) => `const done = arguments[arguments.length - 1];
  const given = [...arguments].slice(0, -1);
  (async () => (${expression}))().then((value) => done({ value }), (error) => done({ thrown: String(error?.stack ? error + '\\n' + error.stack : error) }));`;

/** An expression for the element. @param {string} css */
function found(css) {
  if (!css.startsWith('>>> ')) return `document.querySelector(${JSON.stringify(css)})`;
  return `(${deep})(document, ${JSON.stringify(css.slice(4))})`;
}

/** Runs in the page. @param {Document | ShadowRoot} root @param {string} css */
function deep(root, css) {
  const here = root.querySelector(css);
  if (here) return here;
  for (const { shadowRoot } of root.querySelectorAll('*')) {
    const there = shadowRoot && deep(shadowRoot, css);
    if (there) return there;
  }
  return null;
}

export class WebKitPage {
  #browser;
  /** @type {string[]} */
  #preludes = [];
  /** @type {Promise<string> | null} the window */
  #window = null;

  keyboard = {
    /** @param {keyof typeof KEYS} key */
    press: (key) => this.#typeKeys([KEYS[key]]),
    /** @param {string} text */
    type: (text) => this.#typeKeys([...text]),
  };

  /** @param {import('./webkit.js').WebKit} browser */
  constructor(browser) { this.#browser = browser; }

  /** Only before the page is first used. @param {() => void} script @param {...unknown} args */
  async evaluateOnNewDocument(script, ...args) {
    this.#preludes.push(`(${script})(${args.map((arg) => JSON.stringify(arg)).join()});`);
  }

  /** Of all pages of the browser. @param {'console' | 'pageerror'} event @param {(what: any) => void} listener */
  on(event, listener) {
    this.#browser.onLine((line) => {
      if (!line.startsWith('CONSOLE')) return;
      if (event === 'console') listener({ text: () => line });
      else if (/^CONSOLE JS ERROR/.test(line)) listener(new Error(line));
    });
  }

  /** @param {string} url */
  async goto(url) { await this.#command('POST', '/url', { url }); }

  async reload() { await this.#command('POST', '/refresh', {}); }

  /** Nothing where the browser died. */
  async close() {
    await this.#here();
    await this.#browser.closeWindow();
  }

  /** @param {Function | string} what a function and its arguments, or an expression @param {...unknown} args */
  async evaluate(what, ...args) {
    const expression = typeof what === 'function' ? `(${what})(...given)` : what;
    const answer = await this.#command('POST', '/execute/async', { script: IN_PAGE(expression), args }, SCRIPT_MS);
    if ('thrown' in answer) throw new Error(answer.thrown);
    return answer.value;
  }

  /** @param {string} css `>>> ` before it looks into shadow roots too, as puppeteer's @param {Function} what @param {...unknown} args */
  $eval(css, what, ...args) {
    return this.evaluate(`(${what})(${found(css)}, ...given)`, ...args);
  }

  /** @param {string} css @param {Function} what @param {...unknown} args */
  $$eval(css, what, ...args) {
    return this.evaluate(`(${what})([...document.querySelectorAll(${JSON.stringify(css)})], ...given)`, ...args);
  }

  /** As a person does it. @param {string} css */
  async click(css) { await this.#ofElement(css, 'click', {}); }

  /** @param {string} css */
  async focus(css) { await this.$eval(css, (element) => element.focus()); }

  /** Chooses a file, in a field for files. @param {string} css @param {string} file */
  async setInputFiles(css, file) { await this.#ofElement(css, 'value', { text: file }); }

  /** @param {{path: string}} options */
  async screenshot({ path: file }) { writeFileSync(file, Buffer.from(await this.#command('GET', '/screenshot'), 'base64')); }

  /** @param {string[]} keys */
  async #typeKeys(keys) {
    const actions = keys.flatMap((value) => ['keyDown', 'keyUp'].map((type) => ({ type, value })));
    await this.#command('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  /** @param {string} css @param {string} act @param {object} body */
  async #ofElement(css, act, body) {
    const { [ELEMENT]: id } = await this.#command('POST', '/execute/sync', { script: `return ${found(css)};`, args: [] });
    await this.#browser.command('POST', `/element/${id}/${act}`, body);
  }

  /** @param {string} method @param {string} pathname @param {object} [body] @param {number} [withinMs] */
  async #command(method, pathname, body, withinMs) {
    await this.#here();
    return this.#browser.command(method, pathname, body, withinMs);
  }

  async #here() {
    this.#window ??= this.#browser.openWindow(this.#preludes);
    await this.#browser.turnTo(await this.#window);
  }
}
