import { deleteRecording } from './discard.js';
import { RecorderError } from '../base/errors.js';
import { REASON } from './reasons.js';
import { within } from '../base/within.js';

/**
 * Deletes what was to be cancelled and is completed already, because the answer was lost on its way to us; where that
 * cannot be done gives the result, for it plays.
 *
 * @param {object} options
 * @param {import('./client.js').BrokerClient} options.broker
 * @param {string} options.id
 * @param {() => Promise<string>} options.getGrant
 * @param {(signal: AbortSignal) => Promise<import('./wire.js').Completed | undefined>} options.complete completes it once
 *   more, which gives the result again
 * @param {number} options.withinMs for each of the two
 * @returns {Promise<import('./wire.js').Completed | null>} null where it is deleted
 * @throws {RecorderError} `invalid-state` with the reason `completed` where it is neither deleted nor completed as we would
 */
export async function discardCompleted({ broker, id, getGrant, complete, withinMs }) {
  try {
    await within(withinMs, async (signal) => deleteRecording(broker, id, { grant: await getGrant(), signal }));
    return null;
  } catch {} // no grant, one of another owner, or no answer: it is still there
  try {
    const completed = await within(withinMs, complete);
    if (completed) return completed;
  } catch {} // completed otherwise than we would have, or no answer
  throw new RecorderError('invalid-state', 'it was already completed, and could not be deleted', { reason: REASON.completed });
}
