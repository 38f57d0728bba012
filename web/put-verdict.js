/**
 * What a PUT that did not succeed means for the next try.
 */

import { retryAfterMs } from './backoff.js';
import { RecorderError } from './errors.js';

/** S3 codes that are worth a second try whatever their status is. */
const PASSING = /^(RequestTimeout|SlowDown|InternalError|ServiceUnavailable|OperationAborted)$/;

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
 * - Anything else will hardly get better: a fresh URL, a few times.
 *
 * @param {import('./put.js').PutOutcome} outcome
 * @param {number} number of the part
 * @returns {Verdict | null} null where it succeeded
 */
export function judge(outcome, number) {
  if (outcome.kind !== 'answered') {
    const what = outcome.kind === 'stalled' ? 'made no progress and was cut' : 'got no answer (offline, or the bucket’s CORS rules or this page’s CSP forbid it)';
    return { error: new RecorderError('offline', `PUT of part ${number} ${what}`, { reason: outcome.kind }), resign: true, bounded: false };
  }
  const { status, text } = outcome;
  if (status >= 200 && status < 300) return null;
  const reason = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
  const expired = status === 403 && /expired/i.test(text);
  const message = `PUT of part ${number}: S3 answered ${status}${reason ? ` ${reason}` : ''}`;
  const error = new RecorderError(expired ? 'url-expired' : 's3', message, { status, reason, retryAfterMs: retryAfterMs(outcome.retryAfter) });
  const passing = status >= 500 || status === 429 || status === 408 || PASSING.test(reason ?? '');
  return { error, resign: !passing, bounded: !passing && status !== 403 };
}
