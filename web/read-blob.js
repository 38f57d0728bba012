import { RecorderError } from './errors.js';

/**
 * A Blob's bytes.
 *
 * @param {Blob} blob
 * @returns {Promise<ArrayBuffer>}
 * @throws {RecorderError} `unreadable` where the file behind the Blob is gone or was changed
 */
export async function readBlob(blob) {
  return blob.arrayBuffer().catch((cause) => {
    throw new RecorderError('unreadable', `cannot read the data to upload: ${cause?.message}`, { reason: cause?.name, cause });
  });
}
