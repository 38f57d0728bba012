/**
 * The checksum of a part, as S3 wants it in the header that the broker signs. Memory holds the part for as long as it
 * takes. `make bench-checksums` prints how long that is.
 */

import { readBlob } from '../base/read-blob.js';
import { crc32c } from './crc32c.js';
import { md5 } from './md5.js';

/**
 * SHA-256 is the browser's own. It has neither of the others.
 *
 * @type {Record<string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array | Promise<Uint8Array>>}
 */
const DIGESTS = {
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)),
  crc32c,
  md5,
};

/** Whether a session's `checksum` is one that this recorder can make. @param {string} algorithm */
export function isKnown(algorithm) {
  return algorithm === 'none' || Object.hasOwn(DIGESTS, algorithm);
}

/**
 * @param {import('../broker/wire.js').Checksum} algorithm the session's
 * @param {Blob} bytes
 * @returns {Promise<string | undefined>} in base64; undefined for `none`
 * @throws {import('../base/errors.js').RecorderError} `unreadable` where the file behind the Blob is gone or was changed
 */
export async function checksumOf(algorithm, bytes) {
  if (algorithm === 'none') return undefined;
  const digest = await DIGESTS[algorithm](new Uint8Array(await readBlob(bytes)));
  return btoa(String.fromCharCode(...digest));
}
