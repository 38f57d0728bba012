import { RecorderError } from '../base/errors.js';

/**
 * Devices, hashing and storage exist only in a secure context, and without one some of them fail late. So this is checked before
 * anything begins.
 *
 * @throws {RecorderError} `not-supported`
 */
export function demandSecureContext() {
  if (globalThis.isSecureContext !== false) return; // where there is no page, what is missing says so itself
  const message = 'browsers record and hash in a secure context only: open this page by https, or from localhost';
  throw new RecorderError('not-supported', message, { field: 'address', reason: 'insecure-context' });
}
