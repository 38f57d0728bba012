import { sleep } from './backoff.js';
import { RecorderError } from './errors.js';

/**
 * Gives work so much time, for what has to end.
 *
 * @template T
 * @param {number} ms
 * @param {(signal: AbortSignal) => Promise<T>} work its signal aborts when the time is up
 * @returns {Promise<T>}
 * @throws {RecorderError} `unavailable` when the time is up
 */
export async function within(ms, work) {
  const limit = new AbortController();
  const tooLate = async () => {
    await sleep(ms, { signal: limit.signal });
    throw new RecorderError('unavailable', 'no answer in time');
  };
  try {
    return await Promise.race([work(limit.signal), tooLate()]);
  } finally {
    limit.abort();
  }
}
