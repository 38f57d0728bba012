/**
 * Decides how to try again after a PUT that failed.
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
 * @property {RecorderError} error to report if the failures go on
 * @property {boolean} resign whether the next try needs a fresh URL
 * @property {boolean} bounded whether to stop after a few tries
 */

/**
 * Judges a PUT.
 *
 * - Silence, a cut or a 403 may come from a URL that has expired or that S3 does not accept. (A browser may show an early 403
 *   as a network error, and some 403s have no CORS headers.) Try a fresh URL, as often as needed.
 * - 5xx, 429 and 408 mean that S3 cannot do it now. Try the same URL later.
 * - Any other refusal with S3's own error code will hardly get better. Try a fresh URL, a few times.
 * - A refusal without such a code does not come from S3 but from something on the way, such as a proxy's limit or a firewall.
 *   Try a fresh URL, and report it as such.
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
