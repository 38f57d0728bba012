/**
 * Turns what MediaRecorder delivers into what is stored. WebM and MP4 become files in which people can seek. Anything else is
 * not changed, and neither is a recording whose first bytes do not fit its content type.
 *
 * @typedef {object} Transform
 * @property {(bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>[]} push returns output to store now
 * @property {(how: {recordedMs: number, provisional?: boolean}) => Uint8Array<ArrayBuffer>[]} finish returns the rest of the output;
 *   recordedMs: if the container tells a duration, it is at least this; provisional: more may come later and replace it
 * @property {(size: number) => import('./patched.js').Patch[]} patches for the output's beginning
 * @property {boolean} [patchesLast] whether patches are valid only once all output is stored
 * @property {number} heldBytes input that is not in the output yet
 * @property {number} [tailBytes] how many bytes the end adds to the output at most
 * @property {number} durationMs 0 if it is not known
 * @property {() => {rawOffset: number}} snapshot is for `restore`, which then needs the input from rawOffset on
 * @property {Uint8Array<ArrayBuffer>} [index] is for `restore` too: bytes that only grow. It is a view whose bytes do not change
 */

import { containerOf } from '../base/container-of.js';
import { PassThrough } from './pass-through.js';
import { SeekableMp4 } from '../mp4/seekable.js';
import { SeekableWebm } from '../webm/seekable.js';

/**
 * @param {string} contentType
 * @param {any} [snapshot] of one that was interrupted
 * @param {Uint8Array<ArrayBuffer>} [index] of then, or of later; without it an end says how long it is, and no more
 * @returns {Transform}
 */
export function transformFor(contentType, snapshot, index) {
  const container = containerOf(contentType);
  if (container === 'webm') return snapshot ? SeekableWebm.restore(snapshot) : new SeekableWebm();
  if (snapshot?.container === 'mp4') return SeekableMp4.restore(snapshot, index);
  if (snapshot) return PassThrough.restore(snapshot); // also for an MP4, if an older recorder made the snapshot
  return container === 'mp4' ? new SeekableMp4() : new PassThrough();
}
