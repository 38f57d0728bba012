/**
 * What is wrong with the options of a recorder or an upload is said at once, and not when they are used.
 */

import { RecorderError } from './errors.js';

/** What browsers open to one host over HTTP/1.1. */
const MOST_PARALLEL = 6;

/** @typedef {import('./recorder.js').RecorderOptions} RecorderOptions */

/**
 * @param {Pick<RecorderOptions, 'broker' | 'grant' | 'parallel'>} options
 * @returns {{broker: string, parallel: number}} the broker as an absolute URL, which a Worker needs
 * @throws {RecorderError} `invalid`, with `field`
 */
export function checked({ broker, ...options }) {
  if (!broker) throw new RecorderError('invalid', 'broker: the base URL of the broker is needed', { field: 'broker' });
  const parallel = checkedParallel(options);
  try {
    return { broker: new URL(broker, globalThis.document?.baseURI).href, parallel };
  } catch (cause) {
    throw new RecorderError('invalid', `broker: ${broker} is no URL`, { field: 'broker', cause });
  }
}

/**
 * @param {Pick<RecorderOptions, 'grant' | 'parallel'>} options
 * @returns {number} 1 to 6
 * @throws {RecorderError} `invalid`, with `field`
 */
export function checkedParallel({ grant, parallel = MOST_PARALLEL }) {
  if (!grant) throw new RecorderError('invalid', 'grant: a grant, or a function that gets one, is needed', { field: 'grant' });
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > MOST_PARALLEL) {
    throw new RecorderError('invalid', `parallel: 1 to ${MOST_PARALLEL}`, { field: 'parallel' });
  }
  return parallel;
}
