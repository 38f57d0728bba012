/**
 * Which storage a recording would be kept in, found out as a recording does: by writing to it.
 */

import { OpfsFolder } from '../disk/opfs-folder.js';
import { createFolder } from '../disk/storage.js';
import { takeLock } from '../base/recording-lock.js';

/** @returns {Promise<import('../base/messages.js').StorageKind>} */
export async function probeStorage() {
  if (!globalThis.isSecureContext) return 'memory'; // a page that nothing can be recorded on
  const id = crypto.randomUUID();
  await takeLock(id); // or it might be taken for a recording that was left behind
  const folder = await createFolder(id);
  await folder.destroy();
  if (!folder.durable) return 'memory';
  return folder instanceof OpfsFolder ? 'opfs' : 'indexeddb';
}
