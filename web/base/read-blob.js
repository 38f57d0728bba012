import { RecorderError } from './errors.js';

/**
 * A Blob's bytes.
 *
 * @param {Blob} blob
 * @returns {Promise<ArrayBuffer>}
 * @throws {RecorderError} `unreadable` where the file behind the Blob is gone, was changed, or gives less than its size
 */
export async function readBlob(blob) {
  const bytes = await blob.arrayBuffer().catch((cause) => {
    throw new RecorderError('unreadable', `cannot read the data to upload: ${cause?.message}`, { reason: cause?.name, cause });
  });
  if (bytes.byteLength !== blob.size) throw new RecorderError('unreadable', `the data to upload has ${bytes.byteLength} bytes, not ${blob.size}`);
  return bytes;
}
