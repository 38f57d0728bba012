/**
 * An application's back end, which is told by webhooks what became of recordings.
 */

import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { until } from './until.js';

export class Webhooks {
  #key = randomBytes(32);
  #server = http.createServer((request, response) => this.#take(request, response));
  /** @type {{type: string, data: any}[]} */
  told = [];

  static async start() {
    const webhooks = new Webhooks();
    webhooks.#server.listen(0, '127.0.0.1');
    await once(webhooks.#server, 'listening');
    return webhooks;
  }

  /** What a broker needs to know. */
  get env() {
    return { BROKER_WEBHOOK_URL: `http://127.0.0.1:${this.#server.address().port}`, BROKER_WEBHOOK_SECRETS: `whsec_${this.#key.toString('base64')}` };
  }

  /** Waits for the first message about a session. @param {string} id @param {number} withinMs */
  async about(id, withinMs) {
    return until(`a webhook tells of ${id}`, () => this.told.find(({ data }) => data.id === id), { withinMs });
  }

  async close() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(request, response) {
    const body = (await request.toArray()).join('');
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures } = request.headers;
    const mine = createHmac('sha256', this.#key).update(`${id}.${at}.${body}`).digest('base64');
    if (signatures.split(' ').includes(`v1,${mine}`)) this.told.push(JSON.parse(body));
    response.writeHead(204).end();
  }
}
