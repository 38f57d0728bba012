/**
 * How long a recording is that lies on this device, for a page that lists it. What came after the last note is in the journal
 * only; there are seconds of it. Those of WebM are read. Those of MP4 are not: what reads it is 10 kB for every page to load.
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
