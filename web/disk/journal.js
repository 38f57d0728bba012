/**
 * The raw recording as MediaRecorder delivers it. It is written to the disk before anything else is done with it. It is read
 * only after a crash, from the position that the transform had reached; everything before that position is deleted.
 *
 * It consists of segments, because the front of a file cannot be cut off. The name of a segment says at which position of the
 * recording it begins. A power cut may leave half of the last slice. Nothing marks that, because the transform can end
 * anywhere.
 */

import { RecorderError } from '../base/errors.js';
import { readBlob } from '../base/read-blob.js';

/** A new segment begins after so many bytes. */
const SEGMENT_BYTES = 4 * 1024 * 1024;
const PREFIX = 'raw-';
const DIGITS = 16;

export class Journal {
  #folder;
  #segmentBytes;
  /** @type {{start: number, size: number}[]} in order; the last one grows */
  #segments;

  /**
   * @param {import('./folder.js').Folder} folder
   * @param {{start: number, size: number}[]} segments
   * @param {number} segmentBytes
   */
  constructor(folder, segments, segmentBytes) {
    this.#folder = folder;
    this.#segments = segments;
    this.#segmentBytes = segmentBytes;
  }

  /**
   * Reads the recording from an offset on, up to the first hole. If the disk refused a segment, its rest was in memory, and
   * after a crash the segment is too short. What was recorded after such a hole cannot be used.
   *
   * @param {import('./folder.js').Folder} folder
   * @param {{from?: number, segmentBytes?: number}} [how] from: what lies before is not read again
   */
  static async open(folder, { from = 0, segmentBytes = SEGMENT_BYTES } = {}) {
    const found = [];
    for (const { name, size } of await folder.list()) {
      if (name.startsWith(PREFIX)) found.push({ start: Number(name.slice(PREFIX.length)), size });
    }
    /** @type {{start: number, size: number}[]} */
    let segments = [];
    for (const next of found) {
      const last = segments.at(-1);
      if (next.start <= from) segments = [next];
      else if (last && last.start + last.size === next.start) segments.push(next);
      else break;
    }
    return new Journal(folder, segments, segmentBytes);
  }

  /** How many bytes were ever recorded. */
  get end() {
    const last = this.#segments.at(-1);
    return last ? last.start + last.size : 0;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes on the disk when it resolves */
  async append(bytes) {
    let last = this.#segments.at(-1);
    if (!last || last.size >= this.#segmentBytes) {
      if (last) await this.#folder.seal(nameOf(last.start));
      last = { start: this.end, size: 0 };
      this.#segments.push(last);
    }
    await this.#folder.append(nameOf(last.start), bytes);
    last.size += bytes.length;
  }

  /**
   * @param {number} from how many bytes of the recording to leave out
   * @returns {AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>} the rest, a segment at a time
   */
  async *read(from) {
    for (const { start, size } of [...this.#segments]) {
      if (start + size <= from) continue;
      const blob = await this.#folder.read(nameOf(start), Math.max(0, from - start), size);
      const bytes = new Uint8Array(await readBlob(blob));
      if (bytes.length !== size - Math.max(0, from - start)) throw new RecorderError('unreadable', `${nameOf(start)} is shorter than it was`);
      yield bytes;
    }
  }

  /** Drops what lies before, by whole segments. @param {number} upTo */
  async trim(upTo) {
    while (this.#segments.length > 1 && this.#segments[1].start <= upTo) {
      const [{ start }] = this.#segments.splice(0, 1);
      await this.#folder.remove(nameOf(start));
    }
  }
}

/** @param {number} start */
function nameOf(start) {
  return PREFIX + String(start).padStart(DIGITS, '0');
}
