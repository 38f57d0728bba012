import { setImmediate } from 'node:timers/promises';
import { STORAGE_ANSWERS_MS } from '../../base/timing.js';

/**
 * Lets the clock of a test run, by as much as storage may take to answer at a time, until something is settled.
 *
 * @template T
 * @param {import('node:test').TestContext} t whose setTimeout is mocked
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export async function inTicks(t, promise) {
  let settled = false;
  promise.finally(() => { settled = true; }).catch(() => {});
  for (let ticks = 0; ticks < 100 && !settled; ticks++) {
    t.mock.timers.tick(STORAGE_ANSWERS_MS);
    await setImmediate();
  }
  if (!settled) throw new Error('not settled, however late it is');
  return promise;
}
