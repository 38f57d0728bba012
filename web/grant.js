import { RecorderError } from './errors.js';

/**
 * Makes a call with a grant. One that is refused may have run out while the call waited, or was never one: another is
 * asked for, once.
 *
 * @template T
 * @param {() => Promise<string>} getGrant
 * @param {(grant: string) => Promise<T>} call
 * @returns {Promise<T>}
 */
export async function withGrant(getGrant, call) {
  try {
    return await call(await getGrant());
  } catch (error) {
    if (!(error instanceof RecorderError) || error.code !== 'unauthorized') throw error;
    return call(await getGrant());
  }
}
