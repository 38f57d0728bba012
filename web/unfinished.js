/**
 * Recordings on this device that are not known to be in S3, as a page sees them.
 */

import { BrokerClient } from './broker-client.js';
import { Journal } from './disk/journal.js';
import { ManifestFile } from './disk/manifest.js';
import { folderIds, openFolder } from './disk/storage.js';
import { RecorderError } from './errors.js';
import { lockedIds, takeLock } from './recording-lock.js';

/** A discard does not wait longer for a broker that is away: the session's reaper comes after it. */
const ABORT_WITHIN_MS = 10_000;

/**
 * @typedef {object} Unfinished
 * @property {string} id on this device: for `recover` and `discard`
 * @property {string | null} name as it was given
 * @property {number} startedAt Date.now() of then
 * @property {number} durationMs as it was noted last, a few seconds before the end
 * @property {number} bytes recorded
 * @property {number} uploadedBytes of these, in S3 for good
 * @property {string | null} watchUrl null where no session was opened
 */

/**
 * The recordings that no tab is at work on, the newest first.
 *
 * @returns {Promise<Unfinished[]>}
 */
export async function listUnfinished() {
  const [ids, locked] = [await folderIds(), await lockedIds()];
  const found = await Promise.all(ids.filter((id) => !locked.has(id)).map(describe));
  return found.filter((recording) => recording !== null).sort((a, b) => b.startedAt - a.startedAt);
}

/** @param {string} id @returns {Promise<Unfinished | null>} null where it cannot be read, or is gone by now */
async function describe(id) {
  try {
    const folder = await openFolder(id);
    const kept = folder && await ManifestFile.read(folder);
    if (!kept) return null;
    const { job: { name }, startedAt, durationMs, session, parts, size, rawOffset } = kept.manifest;
    const journal = await Journal.open(folder);
    const bytes = size + Math.max(0, journal.end - rawOffset);
    const uploadedBytes = parts.reduce((sum, part) => sum + (part?.size ?? 0), 0);
    return { id, name: name ?? null, startedAt, durationMs, bytes, uploadedBytes, watchUrl: session?.watch_url ?? null };
  } catch {
    return null;
  }
}

/**
 * Throws a recording away: aborts its upload in S3, as far as the broker can be told, and deletes it here.
 *
 * @param {string} id
 * @throws {RecorderError} `not-found`; `invalid-state` where a tab is at work on it
 */
export async function discardUnfinished(id) {
  const release = await takeLock(id);
  if (!release) throw new RecorderError('invalid-state', 'a tab is at work on this recording');
  try {
    const folder = await openFolder(id);
    if (!folder) throw new RecorderError('not-found', 'there is no such recording on this device');
    const kept = await ManifestFile.read(folder);
    const session = kept?.manifest.session;
    if (kept && session) {
      const broker = new BrokerClient({ broker: kept.manifest.job.broker });
      await broker.abort(session, AbortSignal.timeout(ABORT_WITHIN_MS)).catch(() => {}); // it may be over, or out of reach
    }
    await folder.destroy();
  } finally {
    release();
  }
}
