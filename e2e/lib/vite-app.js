/**
 * An application that has the recorder from its npm package, and is bundled by Vite: as anybody's would be.
 */

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { mintGrant } from './api.js';
import { REPOSITORY, temporaryFolder } from './folders.js';

const run = promisify(execFile);
const TYPES = { '.html': 'text/html', '.js': 'text/javascript' };
const HTML = `<!doctype html><html lang="en"><meta charset="utf-8"><title>An application</title>
<script type="module" src="/main.js"></script><button id="record">Record</button><button id="stop">Stop</button>`;

/**
 * The package, as `npm publish` would make it. It is packed from a copy, because packing writes beside the sources.
 *
 * @returns {Promise<{tarball: string, files: string[]}>} files: what is in it
 */
export async function packRecorder() {
  const folder = temporaryFolder();
  const inRepository = (/** @type {string} */ name) => path.join(REPOSITORY, name);
  cpSync(inRepository('web'), path.join(folder, 'web'), { recursive: true, filter: (file) => !/\/(types|test)$/.test(file) });
  for (const file of ['LICENSE', 'docs/recorder.md', 'go.mod', 'go.sum']) cpSync(inRepository(file), path.join(folder, file));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: path.join(folder, 'web'), timeout: 300_000 });
  const [{ filename, files }] = JSON.parse(stdout);
  return { tarball: path.join(folder, filename), files: files.map((/** @type {{path: string}} */ file) => file.path) };
}

/** As `npm install` does it. @param {string} tarball of the recorder @param {string} root of the application */
export async function install(tarball, root) {
  const installed = path.join(root, 'node_modules', 'slipway-recorder');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
}

/**
 * An application that has the recorder, before any bundler has seen it.
 *
 * @param {string} tarball of the recorder
 * @param {string} script the application's main.js
 * @returns {Promise<string>} its folder
 */
export async function application(tarball, script) {
  const root = temporaryFolder();
  await install(tarball, root);
  writeFileSync(path.join(root, 'index.html'), HTML);
  writeFileSync(path.join(root, 'main.js'), script);
  return root;
}

/**
 * @param {string} tarball
 * @param {string} script
 * @returns {Promise<string>} the folder with what Vite made of the application
 */
export async function bundle(tarball, script) {
  const root = await application(tarball, script);
  await build({ root, configFile: false, logLevel: 'error' });
  return path.join(root, 'dist');
}

/**
 * One module of a page with all that it imports, by the name that it is given.
 *
 * @param {string} entry its file; what it imports is looked for from there
 * @param {string} name such as `player`, for `/player.js` on a site of the folder
 * @param {string} folder
 */
export async function bundleModule(entry, name, folder) {
  const output = { entryFileNames: `${name}.js` };
  await build({
    root: path.dirname(entry), configFile: false, logLevel: 'error',
    build: { outDir: folder, emptyOutDir: false, rolldownOptions: { input: entry, preserveEntrySignatures: 'strict', output } },
  });
}

/** A web site of files, whose back end mints grants. */
export class StaticSite {
  /** @type {import('./broker-dev.js').BrokerDev} */
  broker;
  /** Folder of the files, once there is one. */
  folder = '';
  #server = http.createServer((request, response) => {
    this.#answer(request, response).catch((error) => response.writeHead(error.code === 'ENOENT' ? 404 : 500).end(String(error)));
  });

  /** @param {{host?: string}} [how] host: address to listen on */
  static async start({ host = '127.0.0.1' } = {}) {
    const site = new StaticSite();
    await new Promise((resolve) => { site.#server.listen(0, host, resolve); });
    return site;
  }

  get origin() {
    const { address, port } = this.#server.address();
    return `http://${address}:${port}`;
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #answer({ url = '/' }, response) {
    if (url === '/grant') return response.end(await mintGrant(this.broker));
    const file = url === '/' ? '/index.html' : url;
    const body = readFileSync(path.join(this.folder, file));
    response.setHeader('Content-Type', TYPES[path.extname(file)] ?? 'application/octet-stream').end(body);
  }
}
