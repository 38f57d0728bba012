/**
 * Looks for what would keep a recording from being made or sent on this very page, and says the line that mends it.
 */

import { BrokerClient } from './broker-client.js';
import { findInPage } from './check-page.js';
import { findInWorker } from './check-worker.js';
import { neededPolicy, PolicyWatch } from './content-policy.js';
import { asRecorderError, RecorderError } from './errors.js';
import { asMediaType, chooseMimeType } from './mime.js';
import { sha256 } from './sha256.js';
import { within } from './within.js';

/**
 * @typedef {'secure-context' | 'permissions' | 'media-recorder' | 'worker' | 'storage' | 'broker' | 'grant' | 'session'
 *   | 'clock' | 'bucket' | 'etag' | 'csp'} CheckName
 *
 * @typedef {object} Finding
 * @property {CheckName} name
 * @property {boolean | null} ok null: it cannot be told, because one before it failed
 * @property {string} detail what was seen; no secret is in it
 * @property {string} [mend] where it is not ok: the line to paste, or what to do
 *
 * @typedef {Pick<import('./recorder.js').RecorderOptions, 'broker' | 'grant' | 'contentType' | 'workerUrl'>} CheckOptions
 */

/** An answer that takes longer is none. */
const WITHIN_MS = 10_000;
/** Signed URLs live for minutes: with clocks further apart, S3 may take a fresh one for an expired one. */
const CLOCK_MS = 5 * 60_000;
/** Recorders and buckets differ in how they take headers: the test upload sends the very ones a part has. */
const BODY = new Blob(['Recorder.check()']);

/**
 * @param {CheckOptions} options
 * @returns {Promise<Finding[]>} every finding, good or bad; never rejects for what it finds
 */
export async function check({ broker, grant, contentType, workerUrl }) {
  const policy = new PolicyWatch();
  try {
    const page = await findInPage({ contentType });
    const worker = await findInWorker(workerUrl);
    const network = new NetworkCheck({ broker: new URL(broker, document.baseURI).href, grant, contentType, policy });
    await network.run();
    const modules = new URL(workerUrl ?? import.meta.url, document.baseURI).origin;
    const needed = neededPolicy({ broker: new URL(network.broker).origin, s3: network.s3, modules });
    return [...page, ...worker.map((finding) => withPolicy(finding, needed)), ...network.findings, judgePolicy(policy, needed)];
  } finally {
    policy.close();
  }
}

/** A Worker that does not load says not why; most often it is the policy. @param {Finding} finding @param {string} needed */
function withPolicy(finding, needed) {
  return finding.name === 'worker' && !finding.ok ? { ...finding, mend: `Content-Security-Policy: ${needed}` } : finding;
}

/** @param {PolicyWatch} policy @param {string} needed @returns {Finding} */
function judgePolicy({ refused }, needed) {
  if (refused.length === 0) return { name: 'csp', ok: true, detail: 'the page’s policy refused nothing' };
  return { name: 'csp', ok: false, detail: `the page’s policy refused ${refused.join(', ')}`, mend: `Content-Security-Policy: ${needed}` };
}

/** The way from this page to S3, as a recording goes it; each step needs the one before. */
class NetworkCheck {
  /** @type {Finding[]} */
  findings = [];
  /** @type {string | undefined} origin of the bucket, once a URL was signed */
  s3;
  #grant;
  #contentType;
  #policy;
  #client;

  /** @param {{broker: string, grant: CheckOptions['grant'], contentType?: string, policy: PolicyWatch}} how */
  constructor({ broker, grant, contentType, policy }) {
    this.broker = broker.endsWith('/') ? broker : `${broker}/`;
    this.#grant = grant;
    this.#contentType = contentType;
    this.#policy = policy;
    this.#client = new BrokerClient({ broker: this.broker });
  }

  async run() {
    if (!await this.#reachBroker()) return this.#unknown('grant', 'session', 'clock', 'bucket', 'etag');
    const grant = await this.#getGrant();
    if (!grant) return this.#unknown('session', 'clock', 'bucket', 'etag');
    const session = await this.#open(grant);
    if (!session) return this.#unknown('clock', 'bucket', 'etag');
    this.#compareClocks(session);
    await this.#putPart(session);
    await this.#client.abort(session, AbortSignal.timeout(WITHIN_MS)).catch(() => {}); // or the broker’s reaper does
  }

  /** @param {CheckName} name @param {string} detail */
  #good(name, detail) { this.findings.push({ name, ok: true, detail }); }

  /** @param {CheckName} name @param {string} detail @param {string} [mend] */
  #bad(name, detail, mend) { this.findings.push({ name, ok: false, detail, ...(mend && { mend }) }); }

  /** @param {CheckName[]} names */
  #unknown(...names) {
    for (const name of names) this.findings.push({ name, ok: null, detail: 'not checked: what it needs has failed' });
  }

  /** Its address, its CORS rules for this page, and that it is a broker. */
  async #reachBroker() {
    const { origin } = new URL(this.broker);
    // With a header that makes browsers ask first, as every call of the recorder has one.
    const response = await ask(`${this.broker}healthz`, { headers: { Authorization: 'Bearer none' } });
    if (!response) {
      if (this.#policy.refusedConnection(origin)) this.#bad('broker', `this page’s policy forbids ${origin}; see csp`);
      else if (await answers(`${origin}/web/recorder.js`)) this.#bad('broker', `${origin} answers, but not to pages on ${globalThis.origin}`, `BROKER_CORS_ORIGINS=${globalThis.origin}`);
      else this.#bad('broker', `${origin} does not answer: wrong address, no network, or a certificate that this browser does not trust`);
      return false;
    }
    const health = await response.json().catch(() => null);
    if (health?.status === 'ok') this.#good('broker', `${origin} answers to pages on ${globalThis.origin}`);
    else this.#bad('broker', `${this.broker} answers ${response.status}, but not as a broker does`, 'broker: the base URL of the broker, such as https://broker.example');
    return health?.status === 'ok';
  }

  /** @returns {Promise<string | null>} */
  async #getGrant() {
    const mend = 'grant: () => fetch("/your-back-end").then((r) => r.text()) // what POST /v1/grants answered as `grant`';
    try {
      const source = this.#grant;
      const grant = typeof source === 'function' ? await within(WITHIN_MS, async () => source()) : source;
      if (typeof grant === 'string' && grant) {
        this.#good('grant', 'there is one');
        return grant;
      }
      this.#bad('grant', `it is ${grant === '' ? 'empty' : typeof grant}, and not a grant`, mend);
    } catch (error) {
      this.#bad('grant', `the function failed: ${asRecorderError(error).message}`, mend);
    }
    return null;
  }

  /** @param {string} grant */
  async #open(grant) {
    try {
      const session = await this.#client.open(
        { content_type: this.#mediaType(), name: 'Recorder.check()', checksum: 'sha256', on_abandon: 'abort' },
        { grant, idempotencyKey: crypto.randomUUID(), signal: AbortSignal.timeout(WITHIN_MS) },
      );
      this.#good('session', `opened one of ${session.part_size} bytes a part, at most ${session.max_bytes} bytes`);
      return session;
    } catch (error) {
      this.#bad('session', wordsOf(error), mendOpen(asRecorderError(error)));
      return null;
    }
  }

  #mediaType() {
    try {
      return asMediaType(chooseMimeType({ video: true, audio: true }, (type) => MediaRecorder.isTypeSupported(type), this.#contentType));
    } catch {
      return 'video/webm'; // the finding `media-recorder` tells of it
    }
  }

  /** The broker’s clock from an instant and its relative twin: no header that CORS rules might hide is needed. @param {import('./wire.js').Opened} session */
  #compareClocks({ expires_at: expiresAt, expires_in_ms: expiresInMs }) {
    const behindMs = Date.parse(expiresAt) - expiresInMs - Date.now();
    const seconds = Math.round(behindMs / 1000);
    const words = `this device’s clock is ${Math.abs(seconds)} s ${seconds < 0 ? 'ahead of' : 'behind'} the broker’s`;
    if (Math.abs(behindMs) <= CLOCK_MS) this.#good('clock', words);
    else this.#bad('clock', words, 'Set this device’s clock, or the broker’s: S3 goes by its own.');
  }

  /** A part of a few bytes, as a recording sends it. @param {import('./wire.js').Opened} session */
  async #putPart(session) {
    /** @type {import('./wire.js').PartURL} */
    let target;
    try {
      const checksum = session.checksum === 'sha256' ? { checksum: await sha256(BODY) } : {};
      const answer = await this.#client.parts(session, { sign: [{ number: 1, size: BODY.size, ...checksum }] }, AbortSignal.timeout(WITHIN_MS));
      [target] = answer.urls;
    } catch (error) {
      this.#bad('bucket', `the broker signs no URL: ${wordsOf(error)}`);
      return this.#unknown('etag');
    }
    this.s3 = new URL(target.url).origin;
    const response = await ask(target.url, { method: 'PUT', headers: target.headers, body: BODY });
    if (response?.ok) return this.#judgeAnswer(response);
    await this.#judgeRefusal(this.s3, response);
    this.#unknown('etag');
  }

  /** @param {Response} response */
  #judgeAnswer({ headers }) {
    this.#good('bucket', `${this.s3} takes parts from pages on ${globalThis.origin}`);
    if (headers.get('ETag')) this.#good('etag', 'this page may read it');
    else this.#bad('etag', 'the bucket’s CORS rules hide ETag from this page', `"ExposeHeaders": ["ETag"] in ${corsRules()}`);
  }

  /** @param {string} origin @param {Response | null} response */
  async #judgeRefusal(origin, response) {
    if (response) {
      const reason = /<Code>([^<]*)<\/Code>/.exec(await response.text())?.[1] ?? '';
      return this.#bad('bucket', `${origin} answered ${response.status} ${reason}`, mendPut(reason));
    }
    if (this.#policy.refusedConnection(origin)) return this.#bad('bucket', `this page’s policy forbids ${origin}; see csp`);
    if (await answers(origin)) return this.#bad('bucket', `${origin} answers, but its CORS rules let no page on ${globalThis.origin} PUT`, corsRules());
    this.#bad('bucket', `${origin} does not answer`, 'BROKER_S3_PUBLIC_ENDPOINT=<where browsers reach S3>');
  }
}

/** @param {string} url @param {RequestInit} init @returns {Promise<Response | null>} null where the browser gives no answer */
function ask(url, init) {
  return fetch(url, { ...init, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(WITHIN_MS) }).catch(() => null);
}

/** Whether anything answers there, CORS or not; of a broker, only its modules are for other origins. @param {string} url */
async function answers(url) {
  return Boolean(await ask(url, { mode: 'no-cors' }));
}

/** @param {unknown} error */
function wordsOf(error) {
  const { code, reason, message } = asRecorderError(error);
  return `${[code, reason].filter(Boolean).join(' ')}: ${message}`;
}

/** @param {RecorderError} error */
function mendOpen({ code, reason }) {
  if (code === 'unauthorized') return 'Have your back end mint a new grant: POST /v1/grants';
  if (reason === 'content-type-not-allowed') return '"content_types": ["video/*", "audio/*"] in POST /v1/grants';
  return undefined;
}

/** @param {string} reason S3’s code */
function mendPut(reason) {
  switch (reason) {
    case 'RequestTimeTooSkewed': case 'AccessDenied': return 'The broker’s credentials need s3:PutObject on this bucket, and its clock the right time.';
    case 'NoSuchBucket': return 'BROKER_BUCKET=<a bucket that exists>, in its region';
    default: return undefined;
  }
}

/** For `aws s3api put-bucket-cors`. */
function corsRules() {
  return JSON.stringify({
    CORSRules: [{
      AllowedOrigins: [globalThis.origin], AllowedMethods: ['PUT', 'GET', 'HEAD'], AllowedHeaders: ['content-type', 'x-amz-*'],
      ExposeHeaders: ['ETag'], MaxAgeSeconds: 3600,
    }],
  });
}
