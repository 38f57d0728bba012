/**
 * From what MediaRecorder delivers to what is stored: WebM and MP4 become files that one can seek in, the rest passes. What
 * the first bytes say otherwise than the content type passes too.
 *
 * @typedef {object} Transform
 * @property {(bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>[]} push output to be stored now
 * @property {(how: {recordedMs: number, provisional?: boolean}) => Uint8Array<ArrayBuffer>[]} finish the rest of it; recordedMs:
 *   it plays for so long at least, where the container says how long that is; provisional: more may follow in its place
 * @property {(size: number) => import('./patched.js').Patch[]} patches for the output's beginning
 * @property {boolean} [patchesLast] patches are good once all of the output is stored, and not before
 * @property {number} heldBytes input that is in no output yet
 * @property {number} [tailBytes] what the end will add to the output, at most
 * @property {number} durationMs 0 where it is not known
 * @property {() => {rawOffset: number}} snapshot what `restore` takes, without the input from rawOffset on
 * @property {Uint8Array<ArrayBuffer>} [index] what it takes besides: bytes that are only added to. A view, which stays as it is
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
  if (snapshot) return PassThrough.restore(snapshot); // also of an MP4, where a recorder of before made it
  return container === 'mp4' ? new SeekableMp4() : new PassThrough();
}
