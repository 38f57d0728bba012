/**
 * What a PUT that did not succeed means for the next try.
 */

import { retryAfterMs } from '../base/backoff.js';
import { RecorderError } from '../base/errors.js';
import { REFUSED_ON_THE_WAY } from '../base/on-the-way.js';

/** S3 codes that are worth a second try whatever their status is. */
const PASSING = /^(RequestTimeout|SlowDown|InternalError|ServiceUnavailable|OperationAborted)$/;

const NO_ANSWER = {
  network: 'got no answer (offline, or the bucket’s CORS rules forbid it)',
  stalled: 'made no progress and was cut',
  csp: 'was forbidden by this page’s CSP: connect-src lacks the bucket',
};

/**
 * @typedef {object} Verdict
 * @property {RecorderError} error what to tell, if it goes on
 * @property {boolean} resign the next try takes a fresh URL
 * @property {boolean} bounded not worth trying for ever
 */

/**
 * Judges a PUT.
 *
 * - Silence, a cut and 403 may all be an expired or a mistrusted URL (an early 403 can look like a network error to a
 *   browser, and some 403s bear no CORS headers): a fresh URL, for as long as it takes.
 * - 5xx, 429 and 408 are S3's bad moment: the same URL, later.
 * - Any other no of S3's own, which bears its code, will hardly get better: a fresh URL, a few times.
 * - One without is not S3's, but that of something on the way, such as a proxy's limit or a firewall: a fresh URL, and it is
 *   told as that.
 *
 * @param {import('./put.js').PutOutcome} outcome
 * @param {number} number of the part
 * @returns {Verdict | null} null where it succeeded
 */
export function judge(outcome, number) {
  if (outcome.kind !== 'answered') {
    return { error: new RecorderError('offline', `PUT of part ${number} ${NO_ANSWER[outcome.kind]}`, { reason: outcome.kind }), resign: true, bounded: false };
  }
  const { status, text } = outcome;
  if (status >= 200 && status < 300) return null;
  const reason = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
  const expired = status === 403 && /expired/i.test(text);
  const message = `PUT of part ${number}: ${reason ? 'S3' : 'S3, or something on the way,'} answered ${status}${reason ? ` ${reason}` : ''}`;
  const passing = status >= 500 || status === 429 || status === 408 || PASSING.test(reason ?? '');
  const onTheWay = !passing && !reason && !expired;
  const facts = { status, reason: onTheWay ? REFUSED_ON_THE_WAY : reason, retryAfterMs: retryAfterMs(outcome.retryAfter) };
  const error = new RecorderError(expired ? 'url-expired' : onTheWay ? 'offline' : 's3', message, facts);
  return { error, resign: !passing, bounded: !passing && !onTheWay && status !== 403 };
}
