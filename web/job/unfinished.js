/**
 * The recordings on this device that may not be in S3 yet, as a page sees them.
 */

import { BrokerClient } from '../broker/client.js';
import { Journal } from '../disk/journal.js';
import { ManifestFile } from '../disk/manifest.js';
import { folderIds, openFolder } from '../disk/storage.js';
import { abortSession, deleteRecording } from '../broker/discard.js';
import { asRecorderError, RecorderError } from '../base/errors.js';
import { grantFrom } from '../broker/grant.js';
import { REASON } from '../broker/reasons.js';
import { lockedIds, takeLock } from '../base/recording-lock.js';
import { SessionClient } from '../broker/session-client.js';
import { recordedLength } from '../bytes/recorded-length.js';
import { within } from '../base/within.js';

/** A discard does not wait longer for a broker that is away. */
const DISCARD_WITHIN_MS = 10_000;

/**
 * @typedef {object} Unfinished
 * @property {string} id on this device: for `recover` and `discard`
 * @property {string | null} name as it was given
 * @property {number} startedAt Date.now() of then
 * @property {string | null} sessionId by which the broker, its webhooks and your back end know it; null if no session was opened
 * @property {number} durationMs for WebM, up to the last picture or sound on this device; for others as last stored, a few
 *   seconds before the end
 * @property {number} bytes that were recorded
 * @property {number} uploadedBytes of these that S3 has for good
 * @property {string | null} watchUrl null if no session was opened
 */

/**
 * The recordings that no tab is working on, the newest first.
 *
 * @returns {Promise<Unfinished[]>}
 */
export async function listUnfinished() {
  const [ids, locked] = [await folderIds(), await lockedIds()];
  const found = await Promise.all(ids.filter((id) => !locked.has(id)).map(async (id) => {
    const folder = await openFolder(id).catch(() => null);
    return folder && describe(id, folder);
  }));
  return found.filter((recording) => recording !== null).sort((a, b) => b.startedAt - a.startedAt);
}

/**
 * @param {string} id
 * @param {import('../disk/folder.js').Folder} folder which is closed
 * @returns {Promise<Unfinished | null>} null where it cannot be read, or is gone by now
 */
export async function describe(id, folder) {
  try {
    const kept = await ManifestFile.read(folder);
    if (!kept) return null;
    const { job: { name }, startedAt, session, parts, size, rawOffset } = kept.manifest;
    const journal = await Journal.open(folder, { from: rawOffset });
    const uploadedBytes = parts.reduce((sum, part) => sum + (part?.size ?? 0), 0);
    // Before the second note it is not known that the output has a gap in front, of 512 KiB in MP4.
    const bytes = Math.max(uploadedBytes, size + Math.max(0, journal.end - rawOffset));
    return {
      id, sessionId: session?.id ?? null, name: name ?? null, startedAt, durationMs: await recordedLength(kept.manifest, journal), bytes, uploadedBytes,
      watchUrl: session?.watch_url ?? null,
    };
  } catch {
    return null;
  } finally {
    folder.close();
  }
}

/**
 * Throws a recording away, in S3 and here. It is kept here where the broker does not say that it is gone there: a session
 * that stays open is completed from its parts in the end, and its link plays.
 *
 * @param {string} id
 * @param {{grant?: import('../broker/grant.js').GrantSource}} [how] grant: deletes one that the broker has completed, and
 *   aborts one whose token has expired
 * @throws {RecorderError} `not-found`; `invalid-state` where a tab is at work on it, or (`reason` `completed`) where the
 *   broker has completed it and there is no grant; otherwise why the broker could not be told
 */
export async function discardUnfinished(id, { grant } = {}) {
  const release = await takeLock(id);
  if (!release) throw new RecorderError('invalid-state', 'a tab is at work on this recording');
  try {
    const folder = await openFolder(id);
    if (!folder) throw new RecorderError('not-found', 'there is no such recording on this device');
    await discardFolder(folder, grant).catch((error) => {
      folder.close(); // it was kept
      throw error;
    });
  } finally {
    release();
  }
}

/**
 * @param {import('../disk/folder.js').Folder} folder
 * @param {import('../broker/grant.js').GrantSource} [grant]
 */
export async function discardFolder(folder, grant) {
  const kept = await ManifestFile.read(folder);
  const session = kept?.manifest.session;
  if (kept && session) {
    const broker = new BrokerClient({ broker: kept.manifest.job.broker });
    await within(DISCARD_WITHIN_MS, (signal) => removeFromS3(broker, session, grant, signal)); // the broker or S3 may not answer
  }
  await folder.destroy();
}

/**
 * @param {BrokerClient} broker
 * @param {import('../broker/wire.js').Opened} opened
 * @param {import('../broker/grant.js').GrantSource | undefined} grant
 * @param {AbortSignal} signal
 */
async function removeFromS3(broker, opened, grant, signal) {
  const getGrant = grant ? () => grantFrom(grant) : undefined;
  try {
    await abortSession(new SessionClient({ broker, opened, getGrant }), signal);
  } catch (error) {
    if (!getGrant || asRecorderError(error).reason !== REASON.completed) throw error;
    await deleteRecording(broker, opened.id, { grant: await getGrant(), signal });
  }
}
