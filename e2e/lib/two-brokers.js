/**
 * Two builds of the production program behind one address, as while brokers are replaced one by one. They answer in
 * turn, and share the Redis and the S3 server of a broker-dev.
 */

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { callBroker } from './broker-dev.js';
import { OUT, REPOSITORY, temporaryFolder } from './folders.js';
import { until } from './until.js';

/** The version that the second build says it has. */
export const OTHER_VERSION = '99.0.0';
/** The files of web/ that say the version. */
const SAYS_VERSION = ['web/package.json', 'web/base/version.js'];

export class TwoBrokers {
  /** What broker-dev's --ready-file says, with another address and API key. @type {import('./broker-dev.js').Ready} */
  ready;
  /** Answers of each. */
  answers = [0, 0];
  /** Answers of 400 and above, as `404 GET /path`. @type {string[]} */
  refusals = [];
  /** @type {import('node:child_process').ChildProcess[]} */
  #brokers = [];
  /** @type {number[]} */
  #ports = [];
  #turn = 0;
  #server = http.createServer((request, response) => this.#pass(request, response));

  /** @param {import('./broker-dev.js').BrokerDev} dev @param {string} origin whose pages may record */
  static async start(dev, origin) {
    const both = new TwoBrokers();
    await new Promise((resolve) => { both.#server.listen(0, '127.0.0.1', resolve); });
    try {
      const programs = build();
      const { key, settings } = makeKeys(programs[0]);
      both.ready = { ...dev.ready, url: both.url, api_key: key };
      const env = { ...settings, ...both.#settings(dev, origin) };
      both.#ports = await Promise.all(programs.map((program, i) => both.#startOne(program, env, `rolling-${i}`)));
      return both;
    } catch (error) {
      await both.stop();
      throw error;
    }
  }

  get url() { return `http://127.0.0.1:${this.#server.address().port}`; }

  /** As BrokerDev's. @param {string} method @param {string} pathname @param {{body?: unknown, token?: string}} [how] */
  call(method, pathname, how) { return callBroker(this.ready, method, pathname, how); }

  async stop() {
    for (const broker of this.#brokers) broker.kill('SIGTERM');
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  /** @param {import('./broker-dev.js').BrokerDev} dev @param {string} origin */
  #settings({ ready }, origin) {
    return {
      BROKER_BUCKET: ready.bucket, BROKER_REDIS_URL: `redis://${ready.redis_addr}/0`, BROKER_PUBLIC_URL: this.url, BROKER_LISTEN: '127.0.0.1:0',
      BROKER_CORS_ORIGINS: `${origin},${this.url}`, BROKER_S3_ENDPOINT: ready.s3_endpoint, BROKER_S3_PATH_STYLE: 'true',
      BROKER_S3_REGION: ready.region, AWS_ACCESS_KEY_ID: ready.access_key, AWS_SECRET_ACCESS_KEY: ready.secret_key,
    };
  }

  /** @param {string} program @param {Record<string, string>} env @param {string} name of its log @returns {Promise<number>} its port */
  async #startOne(program, env, name) {
    const broker = spawn(program, ['serve'], { env: { PATH: process.env.PATH, HOME: temporaryFolder(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    process.on('exit', () => broker.kill('SIGKILL'));
    this.#brokers.push(broker);
    let log = '';
    for (const stream of [broker.stdout, broker.stderr]) {
      stream.on('data', (text) => {
        log += text;
        writeFileSync(path.join(OUT, `${name}.log`), log);
      });
    }
    return until(`${name} listens`, () => {
      if (broker.exitCode !== null) throw new Error(`it ended:\n${log}`);
      return Number(/"address":"[^"]*:(\d+)"/.exec(log)?.[1]);
    });
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  #pass(request, response) {
    const turn = this.#turn++ % 2;
    const { method, url, headers } = request;
    const onward = http.request({ host: '127.0.0.1', port: this.#ports[turn], method, path: url, headers, agent: false }, (answer) => {
      this.answers[turn]++;
      if (answer.statusCode >= 400) this.refusals.push(`${answer.statusCode} ${method} ${url.split('?')[0]}`);
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }
}

/** The program as it is, and the same with another version, so that all it serves has other bytes. @returns {string[]} */
function build() {
  const folder = temporaryFolder();
  const { version } = JSON.parse(readFileSync(path.join(REPOSITORY, 'web/package.json'), 'utf8'));
  const replaced = Object.fromEntries(SAYS_VERSION.map((file) => {
    const other = path.join(folder, path.basename(file));
    writeFileSync(other, readFileSync(path.join(REPOSITORY, file), 'utf8').replaceAll(version, OTHER_VERSION));
    return [path.join(REPOSITORY, file), other];
  }));
  const overlay = path.join(folder, 'overlay.json');
  writeFileSync(overlay, JSON.stringify({ Replace: replaced }));
  return [[], ['-overlay', overlay]].map((flags, i) => {
    const program = path.join(folder, `broker-${i}`);
    execFileSync('go', ['build', ...flags, '-o', program, './cmd/broker'], { cwd: REPOSITORY, stdio: 'inherit', timeout: 300_000 });
    return program;
  });
}

/** @param {string} program @returns {{key: string, settings: Record<string, string>}} */
function makeKeys(program) {
  const print = (/** @type {string[]} */ ...args) => execFileSync(program, ['keys', ...args], { encoding: 'utf8' });
  const made = print('new', 'rolling');
  const setting = (/** @type {string} */ text, /** @type {string} */ name) => new RegExp(`${name}=(\\S+)`).exec(text)?.[1] ?? '';
  return {
    key: made.split('\n')[1].trim(),
    settings: { BROKER_TOKEN_KEYS: setting(print('token'), 'BROKER_TOKEN_KEYS'), BROKER_API_KEYS: setting(made, 'BROKER_API_KEYS') },
  };
}
