/**
 * From what MediaRecorder delivers to what is stored: WebM becomes a file that one can seek in, the rest passes.
 *
 * @typedef {object} Transform
 * @property {(bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>[]} push output to be stored now
 * @property {() => Uint8Array<ArrayBuffer>[]} finish the rest of it
 * @property {(size: number) => import('./patched.js').Patch[]} patches for the output's beginning
 * @property {number} heldBytes input that is in no output yet
 * @property {number} durationMs 0 where it is not known
 * @property {() => {rawOffset: number}} snapshot what `restore` takes, without the input from rawOffset on
 */

import { PassThrough } from './pass-through.js';
import { SeekableWebm } from './webm/seekable.js';

/**
 * @param {string} contentType
 * @param {any} [snapshot] of one that was interrupted
 * @returns {Transform}
 */
export function transformFor(contentType, snapshot) {
  const Kind = /^(video|audio)\/webm\b/i.test(contentType) ? SeekableWebm : PassThrough;
  return snapshot ? Kind.restore(snapshot) : new Kind();
}
