/**
 * Companion as it ships, which signs for Uppy.
 */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { OUT, temporaryFolder } from '../../e2e/lib/folders.js';
import { until } from '../../e2e/lib/until.js';

const END = 'SIGTERM';

export class Companion {
  #process;

  /** @param {import('node:child_process').ChildProcess} process @param {string} url */
  constructor(process, url) {
    this.#process = process;
    this.url = url;
  }

  /**
   * @param {{peers: string, host: string, s3: import('../../e2e/lib/broker-dev.js').Ready}} how
   * @throws where it cannot be started
   */
  static async start({ peers, host, s3 }) {
    const port = await freePort(host);
    const log = openSync(path.join(OUT, 'companion.log'), 'w');
    const secret = randomBytes(16).toString('hex');
    const child = spawn(process.execPath, ['--import', path.join(peers, 'loopback.js'), path.join(peers, 'node_modules/@uppy/companion/bin/companion')], {
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env.PATH, NODE_ENV: 'production', HOST: host, COMPANION_PORT: String(port),
        COMPANION_DOMAIN: `${host}:${port}`, COMPANION_PROTOCOL: 'http', COMPANION_DATADIR: temporaryFolder(),
        COMPANION_SECRET: secret, COMPANION_PREAUTH_SECRET: secret, COMPANION_CLIENT_ORIGINS: 'true', COMPANION_UPLOAD_URLS: 'https://upload.example/',
        COMPANION_AWS_KEY: s3.access_key, COMPANION_AWS_SECRET: s3.secret_key, COMPANION_AWS_BUCKET: s3.bucket, COMPANION_AWS_REGION: s3.region,
        COMPANION_AWS_ENDPOINT: s3.s3_endpoint, COMPANION_AWS_FORCE_PATH_STYLE: 'true',
      },
    });
    process.on('exit', () => child.kill(END));
    const url = `http://${host}:${port}`;
    await until('Companion is ready', () => {
      if (child.exitCode !== null) throw new Error('Companion ended; see e2e/out/companion.log');
      return fetch(url, { signal: AbortSignal.timeout(5000) }).then(() => true, () => false);
    });
    return new Companion(child, url);
  }

  close() { this.#process.kill(END); }
}

/** @param {string} host @returns {Promise<number>} */
async function freePort(host) {
  const server = net.createServer();
  await new Promise((resolve) => { server.listen(0, host, resolve); });
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}
