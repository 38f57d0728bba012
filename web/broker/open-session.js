/**
 * Opens a session for a job.
 */

import { RecorderError } from '../base/errors.js';
import { withGrant } from './grant.js';

/** S3's own limits, for the part size of a large file. */
const MAX_PARTS = 10_000;
const DEFAULT_PART_SIZE = 5 * 1024 * 1024;
const MIB = 1024 * 1024;

/**
 * @param {import('./client.js').BrokerClient} broker
 * @param {import('../base/messages.js').JobOrder} job
 * @param {object} how
 * @param {number | undefined} how.size in bytes, where it is known before
 * @param {string} how.openKey the same one gives the same session again
 * @param {() => Promise<string>} how.getGrant
 * @param {AbortSignal} how.signal
 * @returns {Promise<import('./wire.js').Opened>}
 * @throws {RecorderError} `not-supported` where nothing can be hashed; otherwise why the broker opened none
 */
export async function openSession(broker, { contentType, name, metadata, maxBytes, onAbandon }, { size, openKey, getGrant, signal }) {
  if (!globalThis.crypto?.subtle) {
    throw new RecorderError('not-supported', 'hashing needs a secure context (https or localhost)');
  }
  return withGrant(getGrant, (grant) => broker.open({
    content_type: contentType,
    name,
    metadata,
    checksum: 'auto',
    size,
    part_size: size === undefined ? undefined : partSizeFor(size),
    max_bytes: maxBytes,
    on_abandon: onAbandon,
  }, { grant, idempotencyKey: openKey, signal }));
}

/**
 * The part size to ask for: the broker's own, unless so large a file would need too many parts.
 *
 * @param {number} size of the file
 * @returns {number | undefined}
 */
export function partSizeFor(size) {
  if (size <= DEFAULT_PART_SIZE * MAX_PARTS) return undefined;
  return Math.ceil(size / MAX_PARTS / MIB) * MIB;
}
