import { RecorderError } from '../base/errors.js';

/** @typedef {string | (() => string | Promise<string>)} GrantSource */

/** What a header carries, without blanks: fetch throws on the line ends of an error page that a back end handed on. */
const CREDENTIAL = /^[\x21-\x7e]+$/;

/** @param {string} text whether it can be sent at all */
export function isCredential(text) {
  return CREDENTIAL.test(text);
}

/**
 * @param {GrantSource} source
 * @returns {Promise<string>}
 * @throws {RecorderError} `invalid`, `grant-failed`; and what the function throws
 */
export async function grantFrom(source) {
  const grant = typeof source === 'function' ? await source() : source;
  if (typeof grant !== 'string') throw new RecorderError('invalid', 'grant must be a string, or a function that returns one', { field: 'grant' });
  if (!isCredential(grant)) throw new RecorderError('grant-failed', 'what came is no grant: it is empty, or has blanks or line ends', { field: 'grant' });
  return grant;
}

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
