/**
 * Takes away what S3 has of a session. What is not there any more is as good as taken away.
 */

import { asRecorderError, RecorderError } from '../base/errors.js';
import { REASON } from './reasons.js';

/** The broker's reasons not to abort: S3 has nothing of it any more, or has all of it as a recording. */
const OVER = /** @type {string[]} */ ([REASON.aborted, REASON.lost, REASON.deleted]);
const COMPLETED = /** @type {string[]} */ ([REASON.completed, REASON.salvaged, REASON.completedOtherwise]);

/**
 * @param {import('./session-client.js').SessionClient} session
 * @param {AbortSignal} [signal]
 * @throws {RecorderError} `invalid-state` with the reason `completed` where there is a recording; otherwise why the broker
 *   could not be told
 */
export async function abortSession(session, signal) {
  try {
    await session.abort(signal);
  } catch (error) {
    if (isOver(error)) return;
    if (!COMPLETED.includes(asRecorderError(error).reason ?? '')) throw error;
    throw new RecorderError('invalid-state', 'the broker has completed it: to delete it takes a grant', { reason: REASON.completed, cause: error });
  }
}

/**
 * Deletes what was completed.
 *
 * @param {import('./client.js').BrokerClient} broker
 * @param {string} id
 * @param {{grant: string, signal?: AbortSignal}} how
 */
export async function deleteRecording(broker, id, how) {
  await broker.deleteRecording(id, how).catch((error) => {
    if (!isOver(error)) throw error;
  });
}

/** @param {unknown} error */
function isOver(error) {
  const { code, reason = '' } = asRecorderError(error);
  return code === 'not-found' || OVER.includes(reason);
}
