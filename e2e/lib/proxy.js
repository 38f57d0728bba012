/**
 * A forward proxy between a browser and everything else: it notes what goes by, and does what networks do. The URLs,
 * signatures and origins stay as they are.
 */

import http from 'node:http';
import { Transform } from 'node:stream';

/**
 * @typedef {object} Passing a request on its way
 * @property {string} method
 * @property {string} url absolute
 * @property {number} [status] once it was answered
 * @property {number} bytes of the answer's body, as far as it went by
 *
 * @typedef {object} Fault
 * @property {number} [status] answers with it, and passes nothing on
 * @property {string} [body] of that answer
 * @property {string} [code] that answer is a problem of the broker's, with this code
 * @property {Record<string, string>} [headers] of that answer
 * @property {boolean} [mute] that answer bears no CORS headers, as those of some proxies and of some 403s do
 * @property {number} [resetAfter] resets the connection after so many bytes of the request's body
 * @property {number} [bufferMs] takes the whole of the request's body, and passes it on so much later
 * @property {number} [holdMs] passes the request on so much later
 * @property {string} [hide] passes the answer on without this header, in lower case
 * @property {number} [bytesPerSecond] passes the answer's body on no faster
 * @property {boolean} [loseAnswer] passes the request on, and resets the connection instead of answering
 * @property {boolean} [silent] takes the request and never says anything
 * @property {boolean} [strand] takes the request and resets the connection; `land` passes it on, whenever that is
 * @property {() => Promise<unknown>} [first] done before the request is passed on
 */

/** A PUT of a part, and not of a poster. @param {Pick<Passing, 'method' | 'url'>} passing */
export const isPartPut = ({ method, url }) => method === 'PUT' && new URL(url).searchParams.has('partNumber');

export class Proxy {
  /** @type {Passing[]} */
  passed = [];
  /** @type {(passing: Passing) => Fault | undefined} */
  fault = () => undefined;
  /** Passes the stranded request on. @type {() => Promise<number>} the status of its answer */
  land = async () => { throw new Error('nothing was stranded'); };
  #server = http.createServer((request, response) => this.#pass(request, response));
  #agent = new http.Agent({ keepAlive: true });

  static async start() {
    const proxy = new Proxy();
    await new Promise((resolve) => { proxy.#server.listen(0, '127.0.0.1', resolve); });
    return proxy;
  }

  get url() { return `http://127.0.0.1:${this.#server.address().port}`; }

  /** Drops every connection, as a network does that comes and goes. */
  cut() {
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  async close() {
    this.cut();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #pass(request, response) {
    /** @type {Passing} */
    const passing = { method: request.method, url: request.url, bytes: 0 };
    if (new URL(request.url).hostname !== '127.0.0.1') return response.writeHead(502).end(); // a browser's own errands
    this.passed.push(passing);
    request.on('error', () => {});
    const fault = this.fault(passing) ?? {};
    if (fault.status) return this.#refuse(request, response, passing, fault);
    if (fault.silent) return request.resume();
    if (fault.strand) return this.#strand(request);
    await fault.first?.();
    if (fault.holdMs) await new Promise((resolve) => { setTimeout(resolve, fault.holdMs); });

    const { 'proxy-connection': _, ...headers } = request.headers;
    const onward = http.request(request.url, { method: request.method, headers, agent: this.#agent });
    const drop = () => { onward.destroy(); request.socket.resetAndDestroy(); };
    onward.on('error', drop);
    response.on('close', () => onward.destroy());
    onward.on('response', (answer) => {
      passing.status = answer.statusCode;
      if (fault.loseAnswer) return drop();
      if (fault.hide) delete answer.headers[fault.hide];
      response.writeHead(answer.statusCode, fault.hide ? answer.headers : answer.rawHeaders);
      const slowly = new Transform({
        transform(piece, _, done) {
          passing.bytes += piece.length;
          if (fault.bytesPerSecond) setTimeout(done, 1000 * piece.length / fault.bytesPerSecond, null, piece);
          else done(null, piece);
        },
      });
      answer.on('error', drop).pipe(slowly).pipe(response);
    });
    let bytes = 0;
    if (fault.resetAfter) request.on('data', (piece) => { if ((bytes += piece.length) > fault.resetAfter) drop(); });
    if (!fault.bufferMs) return request.pipe(onward);
    /** @type {Buffer[]} */
    const body = [];
    request.on('data', (piece) => body.push(piece)).on('end', () => setTimeout(() => onward.end(Buffer.concat(body)), fault.bufferMs));
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {Passing} passing @param {Fault} fault */
  #refuse(request, response, passing, { status, body, code, headers = {}, mute }) {
    passing.status = status;
    request.resume().on('end', () => {
      if (!mute) response.setHeader('Access-Control-Allow-Origin', '*');
      if (code) response.setHeader('Content-Type', 'application/problem+json');
      response.writeHead(status, headers).end(code ? JSON.stringify({ type: `urn:slipway:problem:${code}`, status, code }) : body ?? 'no');
    });
  }

  /** @param {http.IncomingMessage} request */
  #strand(request) {
    /** @type {Buffer[]} */
    const body = [];
    const { 'proxy-connection': _, ...headers } = request.headers;
    request.on('data', (piece) => body.push(piece)).on('end', () => {
      this.land = () => new Promise((resolve, reject) => {
        const onward = http.request(request.url, { method: request.method, headers, agent: this.#agent });
        onward.on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode)));
        onward.on('error', reject).end(Buffer.concat(body));
      });
      request.socket.resetAndDestroy();
    });
  }
}
