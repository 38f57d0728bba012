/**
 * A broker-dev of one's own: started, stopped, killed and started again.
 */

import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { OUT, REPOSITORY, temporaryFolder } from './folders.js';
import { until, within } from './until.js';

/** Starting takes half a second; a machine that builds something else meanwhile needs patience. */
const START_MS = 30_000;
const END_MS = 15_000;

/** @type {string | undefined} */
let built;

/** The program: SLIPWAY_BROKER_DEV, or built here, once for each test file. A build without changes takes a moment. */
function program() {
  if (process.env.SLIPWAY_BROKER_DEV) return process.env.SLIPWAY_BROKER_DEV;
  if (built) return built;
  const file = path.join(OUT, 'broker-dev');
  execFileSync('go', ['build', '-o', file, './cmd/broker-dev'], { cwd: REPOSITORY, stdio: 'inherit', timeout: 300_000 });
  return built = file;
}

/**
 * @typedef {object} Ready what broker-dev's --ready-file says
 * @property {string} url
 * @property {string} api_key
 * @property {string} s3_endpoint
 * @property {string} bucket
 * @property {string} region
 * @property {string} access_key
 * @property {string} secret_key
 * @property {number} pid
 */

export class BrokerDev {
  #program = program();
  #folder = temporaryFolder();
  #listen;
  #env;
  #origins;
  #args;
  /** @type {import('node:child_process').ChildProcess | null} */
  #process = null;
  /** @type {Ready} */
  ready;
  /** What it logged, over all its starts. */
  log;

  /** @param {{name: string, env?: Record<string, string>, origins?: string[], host?: string, args?: string[]}} how name: of the
   *   log in e2e/out/; host: address to listen on; args: more of them */
  constructor({ name, env = {}, origins = [], host = '127.0.0.1', args = [] }) {
    this.log = path.join(OUT, `${name}.log`);
    this.#env = env;
    this.#origins = origins;
    this.#args = args;
    this.#listen = `${host}:0`;
    writeFileSync(this.log, '');
    process.on('exit', () => this.#process?.kill('SIGKILL')); // its S3 child ends with it
  }

  /** @param {ConstructorParameters<typeof BrokerDev>[0]} how */
  static async start(how) {
    const broker = new BrokerDev(how);
    await broker.start();
    return broker;
  }

  get url() { return this.ready.url; }

  /** A page of its origin that does nothing, under no policy: a script that is shown as text. */
  get barePage() { return `${this.url}/web/recorder.js`; }

  /** From the second start on it listens where it did before, and finds its data. */
  async start() {
    const readyFile = path.join(this.#folder, 'ready.json');
    rmSync(readyFile, { force: true }); // a kill leaves it behind
    const args = ['--listen', this.#listen, '--data', path.join(this.#folder, 'data'), '--ready-file', readyFile, '--verbose', ...this.#args];
    for (const origin of this.#origins) args.push('--allow-origin', origin);
    const child = this.#process = spawn(this.#program, args, { env: { ...process.env, ...this.#env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => appendFileSync(this.log, text));
    this.ready = await until(`broker-dev is ready (its log: ${this.log})`, () => {
      if (child.exitCode !== null) throw new Error(`broker-dev ended:\n${readFileSync(this.log, 'utf8')}`);
      return readJSON(readyFile);
    }, { withinMs: START_MS, everyMs: 20 });
    this.#listen = new URL(this.ready.url).host;
  }

  /** Ends it as Ctrl-C does. */
  async stop() { await this.#end('SIGTERM'); }

  /** Ends it as a power cut does, and its S3 with it. */
  async kill() { await this.#end('SIGKILL'); }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill(signal);
    await within(END_MS, 'broker-dev ends', ended);
    await until('its S3 ends', async () => !await listens(this.ready.s3_endpoint), { withinMs: END_MS, everyMs: 20 });
  }

  /**
   * Calls the API as a back end does, with the API key unless a token is given.
   *
   * @param {string} method
   * @param {string} pathname
   * @param {{body?: object, token?: string}} [options]
   * @returns {Promise<any>}
   */
  call(method, pathname, how) { return callBroker(this.ready, method, pathname, how); }
}

/**
 * One call of the HTTP API.
 *
 * @param {{url: string, api_key: string}} broker
 * @param {string} method
 * @param {string} pathname
 * @param {{body?: unknown, token?: string}} [how] token: the API key unless given
 * @returns {Promise<any>}
 */
export async function callBroker({ url, api_key: apiKey }, method, pathname, { body, token = apiKey } = {}) {
  const response = await fetch(url + pathname, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }) },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${pathname}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** @param {string} file whole or not there, as --ready-file promises */
function readJSON(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** @param {string} url @returns {Promise<boolean>} */
function listens(url) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}
