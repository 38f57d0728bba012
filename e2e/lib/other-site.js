import http from 'node:http';

/** Somebody else's web site, on an origin of its own. It answers as its class says. */
export class OtherSite {
  /** @type {import('./broker-dev.js').BrokerDev} set once it runs: it has to know our origin first */
  broker;
  #server = http.createServer((request, response) => {
    this.answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });

  static async start() {
    const site = new this();
    await new Promise((resolve) => { site.#server.listen(0, '127.0.0.1', resolve); });
    return site;
  }

  get origin() { return `http://127.0.0.1:${this.#server.address().port}`; }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }
}
