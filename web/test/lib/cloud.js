/**
 * A broker and an S3 on one local HTTP server, as strict as the real ones about what a recorder must get right:
 * signed lengths and checksums, one URL for one part, expiry, claims. Faults are answered instead of the real
 * thing.
 */

import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * @typedef {{status: number, headers?: Record<string, string>, body?: unknown} | 'hang' | 'reset'
 *   | 'lose' | 'corrupt'} Fault lose: done, but the answer never arrives; corrupt: other bytes are stored
 * @typedef {{op: 'open' | 'look' | 'parts' | 'poster' | 'put' | 'put-poster' | 'complete' | 'abort' | 'delete' | 'token', number?: number, body?: any, headers: any, at: number, answered?: () => void}} Request
 */

export class Cloud {
  /** @type {Request[]} every request, in the order of arrival */
  requests = [];
  sessions = new Map();
  #byKey = new Map();
  #signed = new Map();
  /** @type {Map<number, number>} PUTs in flight by part number */
  #inFlight = new Map();
  twoPutsOfOneNumber = false;
  mostPuts = 0;
  partSize = 1000;
  maxParts = 10_000;
  maxBytes = 1e12;
  checksum = 'sha256';
  urlLifeMs = 60_000;
  exposeEtag = true;
  /** What becomes of an ETag on its way back. @type {(etag: string) => string} */
  spellEtag = (etag) => etag;
  /** How ETags are listed. @type {(etag: string) => string} */
  listEtag = (etag) => etag;
  /** Where there is a checksum an ETag does not count, because a proxy makes its own. */
  opaqueEtags = false;
  putMs = 0;
  /** @type {(request: Request) => Fault | undefined} */
  fault = () => undefined;

  #serving = 0;

  async start() {
    this.server = createServer(async (req, res) => {
      this.#serving++;
      await this.#serve(req, res);
      this.#serving--;
    });
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', () => resolve(undefined)));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Ends all connections, and says whether no request is being served: then nothing can happen here until another is sent. */
  isQuiet() {
    this.server.closeAllConnections();
    return this.#serving === 0;
  }

  /** @param {Request['op']} op @param {number} [number] */
  count(op, number) {
    return this.requests.filter((r) => r.op === op && (number === undefined || r.number === number)).length;
  }

  get session() {
    return [...this.sessions.values()][0];
  }

  /** The object of the only session, put together. */
  get object() { return objectOf(this.session); }

  /** That of the session that was opened last. */
  get newestObject() { return objectOf([...this.sessions.values()].at(-1)); }

  async #serve(req, res) {
    const [, , kind, id, op] = new URL(req.url, this.url).pathname.split('/');
    const chunks = [];
    if (req.method === 'PUT') return this.#put(req, res);
    try {
      for await (const chunk of req) chunks.push(chunk);
    } catch {
      return;
    }
    const text = Buffer.concat(chunks).toString();
    const body = text ? JSON.parse(text) : undefined;
    const removing = kind === 'recordings' ? 'delete' : 'abort';
    const name = kind === 'sessions' && !id ? 'open' : req.method === 'DELETE' ? removing : op ?? (kind === 'sessions' ? 'look' : undefined);
    this.#answer({ op: name, body, headers: req.headers, at: performance.now() }, res, () => {
      if (name === 'open') return this.#open(body, req.headers);
      const session = this.sessions.get(id);
      if (!session) return problem(404, 'not-found', 'no such session', { reason: 'unknown-session' });
      if (name === 'delete') return this.#delete(session, req.headers);
      if (name === 'token') return this.#renew(session, req.headers, body);
      if (session.expired?.has(req.headers.authorization)) return problem(401, 'unauthorized', 'the token expired', { reason: 'token-expired' });
      if (![session.token, session.before].some((token) => req.headers.authorization === `Bearer ${token}`)) return problem(401, 'unauthorized', 'wrong token');
      const answer = { parts: () => this.#parts(session, body), poster: () => this.#poster(session, body), complete: () => this.#complete(session, body), abort: () => this.#abort(session), look: () => this.#look(session) }[name]();
      return answer.status === 200 && ['parts', 'look'].includes(name) ? this.#prolonging(session, answer) : answer;
    });
  }

  #answer(request, res, serve) {
    this.requests.push(request);
    const fault = this.fault(request);
    if (fault === 'hang') return;
    if (fault === 'reset') return res.socket.destroy();
    const answer = fault && typeof fault === 'object' ? fault : serve(fault);
    if (fault === 'lose') return res.socket.destroy();
    request.answered?.(); // before the client can know
    send(res, answer);
  }

  #open(body, headers) {
    const key = headers['idempotency-key'];
    const known = this.#byKey.get(key);
    if (known) return { status: 201, body: known };
    const id = randomUUID().replaceAll('-', '').slice(0, 29);
    const session = { id, token: `st_${id}`, request: body, state: 'open', parts: new Map() };
    this.sessions.set(id, session);
    const answer = {
      id, token: session.token, state: 'open', revision: 1, checksum: this.checksum, part_size: this.partSize, max_parts: this.maxParts,
      max_bytes: Math.min(this.maxBytes, body.max_bytes ?? Infinity), expires_at: '', expires_in_ms: 1e9, watch_url: `${this.url}/watch/${id}`, urls: [],
    };
    this.#byKey.set(key, answer);
    return { status: 201, body: answer };
  }

  #look(session) {
    const parts = [...session.parts].map(([number, { bytes, etag, checksum }]) => ({ number, size: bytes.length, etag: this.listEtag(etag), checksum }));
    return { status: 200, body: { id: session.id, state: session.state, parts: session.state === 'open' ? parts : [], missing: [] } };
  }

  /** The session's token is over; a grant renews it. @param {{token: string, expired?: Set<string>}} session */
  expireToken(session) {
    session.expired = new Set([`Bearer ${session.token}`]);
  }

  /** The next answer to parts or a look brings a token that lives longer. */
  prolongToken(session) {
    session.prolong = true;
  }

  #prolonging(session, answer) {
    if (!session.prolong) return answer;
    session.prolong = false;
    [session.before, session.token] = [session.token, `st_${randomUUID()}`];
    return { ...answer, body: { ...answer.body, token: session.token, expires_at: '', expires_in_ms: 1e9 } };
  }

  #renew(session, { authorization }, { token }) {
    if (!authorization?.startsWith('Bearer gr_')) return problem(403, 'forbidden', 'a grant is needed');
    if (token !== session.token) return problem(400, 'invalid', 'not its token', { reason: 'bad-token', field: 'token' });
    session.token = `st_${randomUUID()}`;
    return { status: 200, body: { id: session.id, token: session.token, state: session.state, expires_at: '', expires_in_ms: 1e9 } };
  }

  /** What a reaper does with a recording whose end never came. */
  salvage(session) {
    session.state = 'completed';
    session.salvaged = true;
  }

  #parts(session, { sign = [] }) {
    if (session.state !== 'open') return problem(409, 'conflict', `the session is ${session.state}`, { reason: session.salvaged ? 'salvaged' : session.state });
    const urls = [];
    for (const { number, size, checksum } of sign) {
      if (size > this.partSize) return problem(400, 'invalid', 'larger than part_size');
      if ((this.checksum !== 'none') !== (checksum !== undefined)) return problem(400, 'invalid', 'checksum');
      const token = randomUUID();
      this.#signed.set(token, { session, number, size, checksum, expires: performance.now() + this.urlLifeMs });
      const headers = { 'content-length': String(size), ...(checksum ? { [HEADERS[this.checksum]]: checksum } : {}) };
      urls.push({ number, url: `${this.url}/s3/${token}`, headers, expires_at: '', expires_in_ms: this.urlLifeMs });
    }
    return { status: 200, body: { id: session.id, state: 'open', revision: 1, parts_reported: 0, bytes_reported: 0, urls } };
  }

  #poster(session, { size, checksum }) {
    if (session.state !== 'open') return problem(409, 'conflict', `the session is ${session.state}`, { reason: session.state });
    if ((this.checksum !== 'none') !== (checksum !== undefined)) return problem(400, 'invalid', 'checksum');
    const token = randomUUID();
    this.#signed.set(token, { session, size, checksum, poster: true, expires: performance.now() + this.urlLifeMs });
    const headers = { 'content-length': String(size), 'content-type': 'image/jpeg', ...(checksum ? { [HEADERS[this.checksum]]: checksum } : {}) };
    return { status: 200, body: { url: `${this.url}/s3/${token}`, headers, expires_at: '', expires_in_ms: this.urlLifeMs } };
  }

  /** It goes by no upload, and so by no session. */
  async #putPoster(signed, req, res) {
    const arrived = performance.now();
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    this.#answer({ op: 'put-poster', headers: req.headers, at: arrived }, res, () => {
      const refusal = this.#refuse(signed, bytes, req.headers, arrived);
      if (!refusal) signed.session.poster = bytes;
      return refusal ?? { status: 200 };
    });
  }

  async #put(req, res) {
    const arrived = performance.now();
    const signed = this.#signed.get(new URL(req.url, this.url).pathname.split('/')[2]);
    if (signed.poster) return this.#putPoster(signed, req, res);
    const { number } = signed;
    this.#inFlight.set(number, (this.#inFlight.get(number) ?? 0) + 1);
    this.twoPutsOfOneNumber ||= this.#inFlight.get(number) > 1;
    this.mostPuts = Math.max(this.mostPuts, [...this.#inFlight.values()].reduce((a, b) => a + b));
    let over = false;
    const leave = () => {
      if (!over) this.#inFlight.set(number, this.#inFlight.get(number) - 1);
      over = true;
    };
    res.on('close', leave); // the client has cut it
    const chunks = [];
    try {
      for await (const chunk of req) chunks.push(chunk);
    } catch {
      return;
    }
    if (this.putMs) await new Promise((resolve) => setTimeout(resolve, this.putMs));
    const bytes = Buffer.concat(chunks);
    this.#answer({ op: 'put', number, headers: req.headers, at: arrived, answered: leave }, res, (fault) => {
      const refusal = this.#refuse(signed, bytes, req.headers, arrived);
      if (refusal) return refusal;
      const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
      const stored = fault === 'corrupt' ? Buffer.alloc(bytes.length) : bytes;
      signed.session.parts.set(number, { bytes: stored, etag: fault === 'corrupt' ? '"other"' : etag, checksum: CHECKSUMS[this.checksum]?.(stored) });
      return { status: 200, headers: this.exposeEtag ? { ETag: this.spellEtag(etag) } : {} };
    });
  }

  #refuse({ size, checksum, expires, session, poster }, bytes, headers, arrived) {
    if (arrived >= expires) return s3(403, 'AccessDenied', 'Request has expired');
    if (session.state !== 'open' && !poster) return s3(404, 'NoSuchUpload', 'gone');
    if (bytes.length !== size || Number(headers['content-length']) !== size) return s3(403, 'SignatureDoesNotMatch', 'length');
    if (headers[HEADERS[this.checksum]] !== checksum) return s3(403, 'SignatureDoesNotMatch', 'checksum');
    if (checksum && CHECKSUMS[this.checksum](bytes) !== checksum) return s3(400, 'BadDigest', 'checksum');
    if (headers['content-type'] !== (poster ? 'image/jpeg' : undefined)) return s3(403, 'SignatureDoesNotMatch', 'content-type');
    return null;
  }

  #complete(session, { parts, size }) {
    if (session.salvaged) return problem(409, 'conflict', 'salvaged without its end', { reason: 'salvaged' });
    if (session.state === 'aborted') return problem(409, 'conflict', 'it was aborted', { reason: 'aborted' });
    const differ = [];
    for (const { number, size: claimed, etag, checksum } of parts) {
      const have = session.parts.get(number);
      const sameEtag = !etag || etag === have?.etag || this.opaqueEtags && checksum;
      const same = have && have.bytes.length === claimed && sameEtag && (!checksum || checksum === have.checksum);
      if (!same) differ.push({ number, ...(have && { have: { size: have.bytes.length, etag: have.etag, checksum: have.checksum } }), want: { size: claimed, etag, checksum } });
    }
    for (const [number] of session.parts) if (!parts.some((part) => part.number === number)) differ.push({ number, have: {} });
    if (differ.length) return { ...problem(409, 'conflict', 'the claim and S3 differ', { reason: 'parts-differ', parts: differ }) };
    if (parts.reduce((sum, part) => sum + part.size, 0) !== size) return problem(400, 'invalid', 'size');
    session.state = 'completed';
    return {
      status: 200,
      body: { id: session.id, state: 'completed', key: `r/${session.id}.webm`, size, etag: `"x-${parts.length}"`, outcome: 'completed', watch_url: `${this.url}/watch/${session.id}` },
    };
  }

  #abort(session) {
    if (session.state === 'completed') return problem(409, 'conflict', 'completed', { reason: 'completed' });
    session.state = 'aborted';
    session.parts.clear();
    return { status: 200, body: { id: session.id, state: 'aborted' } };
  }

  /** The session's own token may not. */
  #delete(session, { authorization }) {
    if (!authorization?.startsWith('Bearer gr_')) return problem(403, 'forbidden', 'a grant is needed');
    session.state = 'deleted';
    session.parts.clear();
    return { status: 204 };
  }
}

/** What a session's parts make. */
export function objectOf(session) {
  return Buffer.concat([...session.parts].sort(([a], [b]) => a - b).map(([, { bytes }]) => bytes));
}

export function problem(status, code, detail, more = {}) {
  const body = { type: `urn:slipway:problem:${code}`, title: code, status, code, detail, request_id: 'r1', ...more };
  return { status, headers: { 'Content-Type': 'application/problem+json' }, body };
}

export function s3(status, code, message) {
  return { status, headers: { 'Content-Type': 'application/xml' }, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` };
}

function send(res, { status, headers = {}, body }) {
  if (res.destroyed) return;
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  res.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(text);
}

const HEADERS = { sha256: 'x-amz-checksum-sha256', crc32c: 'x-amz-checksum-crc32c', md5: 'content-md5' };

/** Apart from what the recorder takes them for. @type {Record<string, (bytes: Buffer) => string>} */
const CHECKSUMS = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest('base64'),
  md5: (bytes) => createHash('md5').update(bytes).digest('base64'),
  crc32c: (bytes) => {
    let crc = ~0;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
    }
    const digest = Buffer.alloc(4);
    digest.writeInt32BE(~crc);
    return digest.toString('base64');
  },
};
