/**
 * Looks for what would keep a recording from being made or sent on this very page, and says the line that mends it.
 */

import { BrokerClient } from '../broker/client.js';
import { bad as badGrant, judgeGrant } from './check-grant.js';
import { findInPage } from './check-page.js';
import { findInWorker } from './check-worker.js';
import { neededPolicy } from './content-policy.js';
import { asRecorderError, RecorderError } from '../base/errors.js';
import { isApples } from '../capture/engine.js';
import { asMediaType, chooseMimeType } from '../capture/mime.js';
import { REASON } from '../broker/reasons.js';
import { PolicyWatch } from '../base/policy-watch.js';
import { checksumOf } from '../checksum/checksum.js';
import { within } from '../base/within.js';

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
 * @typedef {Pick<import('../recorder.js').RecorderOptions, 'broker' | 'grant' | 'contentType' | 'container' | 'workerUrl'>} CheckOptions
 */

/**
 * @typedef {object} SentPart
 * @property {string} [unsigned] why there was no URL to send it to
 * @property {Response | null} [response] null where the browser got none
 * @property {{status: number, text: string}} [refusal] that S3 answered with
 */

/** An answer that takes longer is none. */
const WITHIN_MS = 10_000;
/** What S3 says if the clock of the signer differs from its own: a code, or words beside AccessDenied. */
const WRONG_TIME = /RequestTimeTooSkewed|RequestExpired|expired|not (?:yet valid|valid yet)/i;
/** Recorders and buckets differ in how they take headers: the test upload sends the very ones a part has. */
const BODY = new Blob(['Recorder.check()']);

/**
 * @param {CheckOptions} options
 * @returns {Promise<Finding[]>} every finding, good or bad; never rejects for what it finds
 * @throws {RecorderError} `not-supported` where there is no page to look at, as in node or a Worker
 */
export async function check({ broker, grant, contentType, container, workerUrl }) {
  if (!globalThis.document) throw new RecorderError('not-supported', 'there is no page here for Recorder.check() to look at', { field: 'document' });
  const policy = new PolicyWatch(document);
  const wish = { contentType, container, apple: isApples() };
  try {
    const page = await findInPage(wish);
    const worker = await findInWorker(workerUrl);
    const network = new NetworkCheck({ broker: new URL(broker, document.baseURI).href, grant, wish, policy });
    await network.run();
    const needed = neededPolicy({ broker: new URL(network.broker).origin, s3: network.s3, workerUrl, refused: policy.refused });
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
  #wish;
  #policy;
  #client;

  /** @param {{broker: string, grant: CheckOptions['grant'], wish: import('../capture/mime.js').Wish, policy: PolicyWatch}} how */
  constructor({ broker, grant, wish, policy }) {
    this.broker = broker.endsWith('/') ? broker : `${broker}/`;
    this.#grant = grant;
    this.#wish = wish;
    this.#policy = policy;
    this.#client = new BrokerClient({ broker: this.broker });
  }

  async run() {
    if (!await this.#reachBroker()) return this.#unknown('grant', 'session', 'clock', 'bucket', 'etag');
    const grant = await this.#getGrant();
    if (!grant || !globalThis.isSecureContext) return this.#unknown('session', 'clock', 'bucket', 'etag'); // parts are hashed, and that takes one
    const session = await this.#open(grant);
    if (!session) return this.#unknown('clock', 'bucket', 'etag');
    const part = await this.#putPart(session);
    this.#compareClocks(session, part);
    await this.#judgePart(part);
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
      if (await this.#policy.refusesConnection(origin)) this.#bad('broker', `this page’s policy forbids ${origin}; see csp`);
      else if (await answers(`${this.broker}web/recorder.js`)) this.#bad('broker', `${origin} answers, but not to pages on ${globalThis.origin}`, `BROKER_CORS_ORIGINS=${globalThis.origin}`);
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
    const source = this.#grant;
    try {
      const grant = typeof source === 'function' ? await within(WITHIN_MS, async () => source()) : source;
      const finding = judgeGrant(grant);
      this.findings.push(finding);
      return finding.ok ? grant : null;
    } catch (error) {
      this.findings.push(badGrant(`the function failed: ${asRecorderError(error).message}`));
      return null;
    }
  }

  /** @param {string} grant */
  async #open(grant) {
    try {
      const session = await this.#client.open(
        { content_type: this.#mediaType(), name: 'Recorder.check()', checksum: 'auto', on_abandon: 'abort' },
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
      return asMediaType(chooseMimeType({ video: true, audio: true }, (type) => MediaRecorder.isTypeSupported(type), this.#wish));
    } catch {
      return 'video/webm'; // the finding `media-recorder` tells of it
    }
  }

  /**
   * The broker’s clock from an instant and its relative twin: no header that CORS rules might hide is needed. A recording
   * does not depend on this device’s clock; S3 holds the broker’s against its own.
   *
   * @param {import('../broker/wire.js').Opened} session
   * @param {SentPart} part
   */
  #compareClocks({ expires_at: expiresAt, expires_in_ms: expiresInMs }, { refusal }) {
    const seconds = Math.round((Date.parse(expiresAt) - expiresInMs - Date.now()) / 1000);
    const words = `this device’s clock is ${Math.abs(seconds)} s ${seconds < 0 ? 'ahead of' : 'behind'} the broker’s`;
    if (!WRONG_TIME.test(refusal?.text ?? '')) this.#good('clock', `${words}; no recording depends on it`);
    else this.#bad('clock', `S3 finds that the broker signs with a wrong time; ${words}`, 'Set the broker’s clock: S3 goes by its own.');
  }

  /**
   * A part of a few bytes, as a recording sends it.
   *
   * @param {import('../broker/wire.js').Opened} session
   * @returns {Promise<SentPart>}
   */
  async #putPart(session) {
    /** @type {import('../broker/wire.js').PartURL} */
    let target;
    try {
      const checksum = await checksumOf(session.checksum, BODY);
      const answer = await this.#client.parts(session, { sign: [{ number: 1, size: BODY.size, checksum }] }, AbortSignal.timeout(WITHIN_MS));
      [target] = answer.urls;
    } catch (error) {
      return { unsigned: wordsOf(error) };
    }
    this.s3 = new URL(target.url).origin;
    const response = await ask(target.url, { method: 'PUT', headers: target.headers, body: BODY });
    if (!response || response.ok) return { response };
    return { response, refusal: { status: response.status, text: await response.text() } };
  }

  /** @param {SentPart} part */
  async #judgePart({ unsigned, response, refusal }) {
    if (response?.ok) return this.#judgeAnswer(response);
    if (unsigned) this.#bad('bucket', `the broker signs no URL: ${unsigned}`);
    else await this.#judgeRefusal(this.s3 ?? '', refusal);
    this.#unknown('etag');
  }

  /** @param {Response} response */
  #judgeAnswer({ headers }) {
    this.#good('bucket', `${this.s3} takes parts from pages on ${globalThis.origin}`);
    if (headers.get('ETag')) this.#good('etag', 'this page may read it');
    else this.#bad('etag', 'the bucket’s CORS rules hide ETag from this page', `"ExposeHeaders": ["ETag"] in ${corsRules()}`);
  }

  /** @param {string} origin @param {SentPart['refusal']} refusal */
  async #judgeRefusal(origin, refusal) {
    if (refusal) {
      const reason = /<Code>([^<]*)<\/Code>/.exec(refusal.text)?.[1] ?? '';
      return this.#bad('bucket', `${origin} answered ${refusal.status} ${reason}`, mendPut(reason));
    }
    if (await this.#policy.refusesConnection(origin)) return this.#bad('bucket', `this page’s policy forbids ${origin}; see csp`);
    if (await answers(origin)) return this.#bad('bucket', `${origin} answers, but its CORS rules let no page on ${globalThis.origin} PUT`, corsRules());
    this.#bad('bucket', `${origin} does not answer`, 'BROKER_S3_PUBLIC_ENDPOINT=<where browsers reach S3>');
  }
}

/** @param {string} url @param {RequestInit} init @returns {Promise<Response | null>} null where the browser gives no answer */
function ask(url, init) {
  return fetch(url, { ...init, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(WITHIN_MS) }).catch(() => null);
}

/** Whether anything answers there, CORS or not; of a broker, only recorder.js is for other origins. @param {string} url */
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
  if (reason === REASON.contentTypeNotAllowed) return '"content_types": ["video/*", "audio/*"] in POST /v1/grants';
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
      AllowedOrigins: [globalThis.origin], AllowedMethods: ['PUT', 'GET', 'HEAD'], AllowedHeaders: ['content-type', 'content-md5', 'x-amz-*'],
      ExposeHeaders: ['ETag'], MaxAgeSeconds: 3600,
    }],
  });
}
