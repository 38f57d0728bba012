/**
 * Somebody else's web site with our recorder in it: another origin, a strict policy, a back end that mints grants.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { mintGrant } from './api.js';
import { REPOSITORY } from './folders.js';
import { recordingScript } from './record-in-app.js';
import { OtherSite } from './other-site.js';

/** For policies that go by it. A real site makes another for each answer. */
export const NONCE = 'cmVjb3JkZXI';

const HTML = `<!doctype html><html lang="en"><meta charset="utf-8"><title>An application</title>
<script type="module" nonce="${NONCE}" src="/app.js"></script><button id="record">Record</button><button id="stop">Stop</button>`;

export class EmbedSite extends OtherSite {
  /** What browsers reported against the policy. @type {string[]} */
  violations = [];
  /** A policy instead of the one an embedding page needs. @type {string | null} */
  otherPolicy = null;

  /** The lines an embedding page needs, and nothing else; Firefox wants its favicon. */
  get policy() {
    if (this.otherPolicy !== null) return this.otherPolicy;
    const { url, s3_endpoint: s3 } = this.broker.ready;
    return [
      `default-src 'none'`, `img-src 'self'`, `script-src 'self' ${url}`, 'worker-src blob:', `connect-src 'self' ${url} ${s3}`, 'report-uri /violations',
    ].join('; ');
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async answer(request, response) {
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
