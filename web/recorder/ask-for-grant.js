/**
 * Asks the page's function for a grant, again and again while a grant is needed.
 */

import { backoffMs, sleep } from '../base/backoff.js';
import { asRecorderError, RecorderError } from '../base/errors.js';
import { grantFrom } from '../broker/grant.js';
import { TIMING } from '../base/timing.js';
import { within } from '../base/within.js';

/** After so many failures in a row the page is told; one alone is nothing to talk about. */
const TELL_AFTER = 2;
/** What fetch rejects with for want of a network is also what a mistake in the function throws. So often, online, it is that. */
const MISTAKE_AFTER = 5;

/**
 * A function that does not answer, or fails for want of a network, is asked again.
 *
 * @param {import('../broker/grant.js').GrantSource} source
 * @param {object} how
 * @param {import('../base/timing.js').Timing} [how.timing]
 * @param {EventTarget} [how.wake] its `online` ends a backoff
 * @param {() => boolean} how.wanted somebody still waits for it
 * @param {(error: RecorderError) => void} how.onTrouble `offline` or `grant-failed`; it is asked again
 * @returns {Promise<string>}
 * @throws {RecorderError} `cancelled` when it is not wanted any more; and any other failure of the function
 */
export async function askForGrant(source, { timing = TIMING, wake = globalThis, wanted, onTrouble }) {
  let told;
  for (let failures = 1; wanted(); failures++) {
    try {
      return await within(timing.callTimeoutMs, () => grantFrom(source));
    } catch (error) {
      const silent = asRecorderError(error).code === 'unavailable';
      if (!silent && !(error instanceof TypeError)) throw error;
      const trouble = troubleOf(error, failures);
      if ((silent || failures >= TELL_AFTER) && trouble.code !== told) {
        told = trouble.code;
        onTrouble(trouble);
      }
      await sleep(backoffMs(failures, timing), { wake });
    }
  }
  throw new RecorderError('cancelled', 'nobody waits for a grant any more');
}

/** @param {unknown} error @param {number} failures in a row */
function troubleOf(error, failures) {
  const message = `cannot get a grant: ${asRecorderError(error).message}`;
  const mistaken = error instanceof TypeError && failures >= MISTAKE_AFTER && navigator.onLine;
  return mistaken ? new RecorderError('grant-failed', message, { reason: error.name, cause: error })
    : new RecorderError('offline', message, { reason: 'grant', cause: error });
}
