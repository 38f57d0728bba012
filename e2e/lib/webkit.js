/**
 * Debian's WebKitGTK, driven by W3C WebDriver (https://www.w3.org/TR/webdriver2/, read 2026-11-30). `make webkit` sees to what it
 * needs.
 */

import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { OUT, REPOSITORY, temporaryFolder } from './folders.js';
import { until, within } from './until.js';
import { WebKitPage } from './webkit-page.js';

const SOURCES = path.join(REPOSITORY, 'e2e', 'webkit');
const START_MS = 30_000;
const CALL_MS = 120_000;
const END_MS = 10_000;
/** util-linux's, which becomes the command: it is killed when this process ends, however this process ends. */
const ENDS_WITH_US = ['setpriv', '--pdeathsig', 'KILL'];

/**
 * A browser with a camera and a microphone of its own making, allowed to every page.
 *
 * @param {{folder?: string, proxy?: string}} [how] folder: of a profile that outlives the browser; proxy: all requests go through it
 */
export async function launchWebKit({ folder = temporaryFolder(), proxy = '' } = {}) {
  const screen = await startScreen();
  const port = await freePort();
  const home = temporaryFolder();
  const prelude = path.join(home, 'prelude.js');
  const environment = { ...process.env, ...quiet(home), DISPLAY: screen.name, GST_PLUGIN_PATH: plugins(), SLIPWAY_PROFILE: folder, SLIPWAY_PROXY: proxy, SLIPWAY_PRELUDE: prelude };
  // In a process group of their own, so that what is ended is ours.
  const driver = start(['WebKitWebDriver', `--port=${port}`, '--host=127.0.0.1'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const browser = new WebKit(driver, screen, `http://127.0.0.1:${port}`, prelude);
  await browser.open();
  return browser;
}

/** @param {string[]} command @param {import('node:child_process').SpawnOptions} options */
function start(command, options) {
  const [program, ...args] = [...ENDS_WITH_US, ...command];
  return spawn(program, args, options);
}

/** What keeps it from asking for services that a desktop has. @param {string} home */
function quiet(home) {
  return {
    HOME: home, XDG_RUNTIME_DIR: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home,
    GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1', NO_AT_BRIDGE: '1', GTK_A11Y: 'none', GSETTINGS_BACKEND: 'memory', DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    WEBKIT_GST_USE_PLAYBIN3: '1', // its other player stops where the sound of a file ends before the picture: docs/decisions.md#d126
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', // it needs namespaces, which a container has none of
    no_proxy: '*', http_proxy: '', https_proxy: '', HTTP_PROXY: '', HTTPS_PROXY: '',
  };
}

/** @type {string | undefined} */
let built;

/** A folder with what GStreamer lacks before 1.24, built once for each test file. */
function plugins() {
  if (built) return built;
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'gstreamer-1.0'], { encoding: 'utf8' }).trim().split(/\s+/);
  const folder = temporaryFolder();
  execFileSync('gcc', ['-shared', '-fPIC', path.join(SOURCES, 'autovideoflip.c'), '-o', path.join(folder, 'libgstautovideoflip.so'), ...flags], { timeout: 60_000 });
  return built = folder;
}

/** @returns {Promise<{name: string, close: () => void}>} an X server of one's own */
async function startScreen() {
  const child = start(['Xvfb', '-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const close = () => { child.kill('SIGKILL'); };
  process.on('exit', close);
  const number = await within(START_MS, 'Xvfb is ready', new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error('Xvfb ended')));
    child.stdio[3].once('data', (text) => resolve(String(text).trim()));
  }));
  return { name: `:${number}`, close };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class WebKit {
  #driver;
  #screen;
  #url;
  #prelude;
  #session = '';
  /** The window that it began with, which no page uses: the driver opens none where it is at none. */
  #first = '';
  /** @type {string | null} the window that the driver is at */
  #at = null;
  /** @type {((line: string) => void)[]} */
  #listeners = [];

  /** @param {import('node:child_process').ChildProcess} driver @param {{close: () => void}} screen @param {string} url the driver's @param {string} prelude a file */
  constructor(driver, screen, url, prelude) {
    this.#driver = driver;
    this.#screen = screen;
    this.#url = url;
    this.#prelude = prelude;
    const log = path.join(OUT, 'webkit.log');
    writeFileSync(log, '');
    for (const stream of [driver.stdout, driver.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text) => {
        writeFileSync(log, text, { flag: 'a' });
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) for (const listener of this.#listeners) listener(line);
      });
    }
    process.on('exit', () => this.#signal('SIGKILL'));
  }

  async open() {
    await until('WebKitWebDriver is ready', () => this.#call('GET', '/status').catch((error) => {
      if (this.#driver.exitCode !== null) throw error;
    }), { withinMs: START_MS, everyMs: 20 });
    const { sessionId } = await this.#call('POST', '/session', {
      capabilities: {
        alwaysMatch: { 'webkitgtk:browserOptions': { binary: path.join(SOURCES, 'browser.py'), args: [] }, timeouts: { script: 300_000, pageLoad: 60_000, implicit: 0 } },
      },
    });
    this.#session = sessionId;
    this.#first = await this.command('GET', '/window');
  }

  /** A page that opens when it is first used, as scripts that run before its own have to be known by then. */
  async newPage() { return new WebKitPage(this); }

  /** Of what its pages write to the console, and of what their scripts throw. @param {(line: string) => void} listener */
  onLine(listener) { this.#listeners.push(listener); }

  /** @param {string[]} preludes scripts @returns {Promise<string>} the window's handle */
  async openWindow(preludes) {
    writeFileSync(this.#prelude, preludes.join('\n'));
    const { handle } = await this.command('POST', '/window/new', { type: 'window' });
    return handle;
  }

  /** @param {string} handle of the window that the next command is for */
  async turnTo(handle) {
    if (this.#at === handle) return;
    await this.command('POST', '/window', { handle });
    this.#at = handle;
  }

  async closeWindow() {
    this.#at = null;
    await this.command('DELETE', '/window');
    await this.turnTo(this.#first);
  }

  /** @param {string} method @param {string} pathname @param {object} [body] @param {number} [withinMs] */
  command(method, pathname, body, withinMs) { return this.#call(method, `/session/${this.#session}${pathname}`, body, withinMs); }

  /** @param {string} method @param {string} pathname @param {object} [body] @param {number} [withinMs] */
  async #call(method, pathname, body, withinMs = CALL_MS) {
    const response = await fetch(this.#url + pathname, {
      method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body), signal: AbortSignal.timeout(withinMs),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  /** Kills the processes of all pages. The driver ends its session then, and with it the browser. */
  async crash() {
    const pages = this.#processes().filter(({ name }) => name === 'WebKitWebProcess');
    for (const { pid } of pages) process.kill(pid, 'SIGKILL');
    await this.close();
  }

  /** Ends the browser as a power cut does. */
  async kill() {
    this.#signal('SIGKILL');
    await until('its processes are gone', () => this.#processes().length === 0, { withinMs: END_MS, everyMs: 20 });
    this.#screen.close();
  }

  async close() {
    if (this.#session) await this.command('DELETE', '', undefined, END_MS).catch(() => {}); // its browser may have died
    await this.kill();
  }

  /** @param {NodeJS.Signals} signal */
  #signal(signal) {
    try {
      process.kill(-this.#driver.pid, signal);
    } catch {} // it has ended
  }

  /** Those of the driver's process group. @returns {{pid: number, name: string}[]} */
  #processes() {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).flatMap((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const name = path.basename(readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0')[0]);
        return Number(group) === this.#driver.pid && state !== 'Z' ? [{ pid: Number(entry), name }] : [];
      } catch {
        return []; // it has ended meanwhile
      }
    });
  }
}
