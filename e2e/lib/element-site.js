/**
 * Somebody else's web site with the element in it: another origin, the policy that an embedding page needs and no line more,
 * a back end that mints grants.
 */

import { mintGrant } from './api.js';
import { OtherSite } from './other-site.js';

export class ElementSite extends OtherSite {
  /** What stands in the page. */
  body = '';
  /** What the pages asked for, beginning with `/`. @type {string[]} */
  asked = [];

  get policy() {
    const { url, s3_endpoint: s3 } = this.broker.ready;
    return [
      `default-src 'none'`, `script-src 'self' ${url}`, 'worker-src blob:', `connect-src 'self' ${url} ${s3}`, `media-src blob: ${s3}`,
      `img-src ${s3}`, `require-trusted-types-for 'script'`, 'trusted-types slipway',
    ].join('; ');
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async answer(request, response) {
    this.asked.push(`${request.method} ${request.url}`);
    const send = (type, text) => response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': this.policy }).end(text);
    if (request.url === '/') return send('text/html', `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>An application</title><main>${this.body}</main>`);
    if (request.url === '/slipway-grant' && request.method === 'POST') return send('text/plain', await mintGrant(this.broker));
    return response.writeHead(404).end();
  }
}
