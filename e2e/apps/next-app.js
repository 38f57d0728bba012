/**
 * The application of next/ with the packed recorder in it, as Next.js builds and serves it.
 */

import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { install } from '../lib/vite-app.js';
import { until } from '../lib/until.js';

const APPS = import.meta.dirname;
const require = createRequire(import.meta.url);
const NEXT = require.resolve('next/dist/bin/next');
/** Turbopack reads nothing outside of its root, which has to have node_modules in it. */
const RUN = path.join(APPS, 'run');

export const NEXT_VERSION = require('next/package.json').version;

export class NextApp {
  folder = path.join(RUN, 'next');
  #env;
  #port;
  /** @type {import('node:child_process').ChildProcess | null} */
  #server = null;

  /** @param {number} port a free one */
  constructor(port) {
    this.#port = port;
    process.on('exit', () => this.stop());
  }

  get origin() { return `http://127.0.0.1:${this.#port}`; }

  /** @param {{tarball: string, script: string, broker: import('../lib/broker-dev.js').BrokerDev}} how script: what it records with */
  async prepare({ tarball, script, broker }) {
    rmSync(RUN, { recursive: true, force: true });
    mkdirSync(RUN);
    cpSync(path.join(APPS, 'next'), this.folder, { recursive: true });
    await install(tarball, this.folder);
    writeFileSync(path.join(this.folder, 'recording.js'), script);
    this.#env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', SLIPWAY_BROKER: broker.url, SLIPWAY_API_KEY: broker.ready.api_key };
  }

  async build() {
    await promisify(execFile)(process.execPath, [NEXT, 'build'], { cwd: this.folder, env: this.#env, timeout: 300_000 });
  }

  /** @param {'start' | 'dev'} how of what was built, or as one develops */
  async serve(how) {
    const args = [NEXT, how, '--port', String(this.#port), '--hostname', '127.0.0.1'];
    // In a group of its own: `next dev` leaves the work to children.
    const server = this.#server = spawn(process.execPath, args, { cwd: this.folder, env: this.#env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let log = '';
    for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => { log += text; });
    await until('Next.js serves', async () => {
      if (server.exitCode !== null) throw new Error(`next ${how} ended:\n${log}`);
      return fetch(this.origin, { signal: AbortSignal.timeout(60_000) }).then(({ ok }) => ok, () => false);
    }, { withinMs: 120_000 });
  }

  stop() {
    if (this.#server?.exitCode === null && this.#server.pid) process.kill(-this.#server.pid, 'SIGKILL');
    this.#server = null;
  }
}

/** @returns {Promise<number>} */
export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}
