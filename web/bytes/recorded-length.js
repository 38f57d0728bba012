/**
 * How long an interrupted recording on this device is, for a page that lists it. The last seconds are only in the journal,
 * and not in the manifest. They are read if it is WebM. If it is MP4 they are left out: the code that reads MP4 is 10 kB,
 * which every page would have to load.
 */

import { containerOf } from '../base/container-of.js';
import { SeekableWebm } from '../webm/seekable.js';

/**
 * @param {import('../disk/manifest.js').Manifest} manifest
 * @param {import('../disk/journal.js').Journal} journal
 * @returns {Promise<number>} in ms
 */
export async function recordedLength({ job, durationMs, transform, rawOffset }, journal) {
  if (containerOf(job.contentType) !== 'webm') return durationMs;
  const webm = transform ? SeekableWebm.restore(/** @type {import('../webm/seekable.js').Snapshot} */ (transform)) : new SeekableWebm();
  for await (const bytes of journal.read(rawOffset)) webm.push(bytes);
  webm.finish({ recordedMs: durationMs });
  return webm.durationMs || durationMs;
}
