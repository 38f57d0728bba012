/**
 * Somebody else's web site with our recorder in it: another origin, a strict policy, a back end that mints grants.
 */

import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { mintGrant } from './api.js';
import { REPOSITORY } from './folders.js';
import { recordingScript } from './record-in-app.js';

/** For policies that go by it. A real site makes another for each answer. */
export const NONCE = 'cmVjb3JkZXI';

const HTML = `<!doctype html><html lang="en"><meta charset="utf-8"><title>An application</title>
<script type="module" nonce="${NONCE}" src="/app.js"></script><button id="record">Record</button><button id="stop">Stop</button>`;

export class EmbedSite {
  /** @type {import('./broker-dev.js').BrokerDev} set once it runs: it has to know our origin first */
  broker;
  /** What browsers reported against the policy. @type {string[]} */
  violations = [];
  /** A policy instead of the one an embedding page needs. @type {string | null} */
  otherPolicy = null;
  #server = http.createServer((request, response) => {
    this.#answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });

  static async start() {
    const site = new EmbedSite();
    await new Promise((resolve) => { site.#server.listen(0, '127.0.0.1', resolve); });
    return site;
  }

  get origin() { return `http://127.0.0.1:${this.#server.address().port}`; }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  /** The lines an embedding page needs, and nothing else; Firefox wants its favicon. */
  get policy() {
    if (this.otherPolicy !== null) return this.otherPolicy;
    const { url, s3_endpoint: s3 } = this.broker.ready;
    return [
      `default-src 'none'`, `img-src 'self'`, `script-src 'self' ${url}`, 'worker-src blob:', `connect-src 'self' ${url} ${s3}`, 'report-uri /violations',
    ].join('; ');
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #answer(request, response) {
    const send = (type, body) => response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': this.policy }).end(body);
    switch (request.url) {
      case '/': return send('text/html', HTML);
      case '/app.js': return send('text/javascript', recordingScript({ broker: this.broker.url, recorder: `${this.broker.url}/web/recorder.js` }));
      case '/worker.js': return send('text/javascript', await (await fetch(`${this.broker.url}/web/worker.js`)).text()); // a copy of its own
      case '/grant': return send('text/plain', await mintGrant(this.broker));
      case '/violations':
        this.violations.push(await text(request));
        return response.end();
      default:
        if (request.url.startsWith('/web/')) return send('text/javascript', readFileSync(path.join(REPOSITORY, request.url))); // a copy of its own
        return response.writeHead(404).end();
    }
  }
}
