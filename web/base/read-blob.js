import { RecorderError } from './errors.js';

/**
 * Reads the bytes of a Blob.
 *
 * @param {Blob} blob
 * @returns {Promise<ArrayBuffer>}
 * @throws {RecorderError} `unreadable` if the Blob's file is gone, was changed, or gives fewer bytes than its size
 */
export async function readBlob(blob) {
  const bytes = await blob.arrayBuffer().catch((cause) => {
    throw new RecorderError('unreadable', `cannot read the data to upload: ${cause?.message}`, { reason: cause?.name, cause });
  });
  if (bytes.byteLength !== blob.size) throw new RecorderError('unreadable', `the data to upload has ${bytes.byteLength} bytes, not ${blob.size}`);
  return bytes;
}
