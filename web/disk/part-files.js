/**
 * The recording as it goes to S3, in files as long as a part usually is. So one of them can be deleted when the disk gets
 * full. Parts are ranges of all these files, so any part size of a session works.
 */

import { RecorderError } from '../base/errors.js';

/** The broker's usual part size. */
export const FILE_BYTES = 5 * 1024 * 1024;
const PREFIX = 'part-';
const DIGITS = 6;

export class PartFiles {
  #folder;
  #fileBytes;
  /** @type {Set<number>} files that exist, from 0 */
  #kept;

  /**
   * @param {import('./folder.js').Folder} folder
   * @param {number} fileBytes
   * @param {Set<number>} kept
   * @param {number} size
   */
  constructor(folder, fileBytes, kept, size) {
    this.#folder = folder;
    this.#fileBytes = fileBytes;
    this.#kept = kept;
    /** How many bytes there are, those that were let go of included. */
    this.size = size;
  }

  /**
   * Opens the part files of an interrupted recording. Bytes beyond a size are dropped, because they will be written again. A
   * file that has become shorter counts as deleted.
   *
   * @param {import('./folder.js').Folder} folder
   * @param {number} fileBytes
   * @param {number} size
   */
  static async open(folder, fileBytes, size) {
    /** @type {Set<number>} */
    const kept = new Set();
    for (const { name, size: has } of await folder.list()) {
      if (!isPartFile(name)) continue;
      const index = Number(name.slice(PREFIX.length)) - 1;
      const wanted = Math.min(fileBytes, Math.max(0, size - index * fileBytes));
      if (wanted === 0 || has < wanted) {
        await folder.remove(name);
        continue;
      }
      kept.add(index);
      if (has > wanted) await folder.truncate(name, wanted);
    }
    return new PartFiles(folder, fileBytes, kept, size);
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes those of a file whose beginning is missing are counted, and let go of */
  async append(bytes) {
    for (let taken = 0; taken < bytes.length;) {
      const index = Math.floor(this.size / this.#fileBytes);
      const room = (index + 1) * this.#fileBytes - this.size;
      const piece = bytes.subarray(taken, taken + room);
      const begins = room === this.#fileBytes;
      if (begins || this.#kept.has(index)) {
        await this.#folder.append(nameOf(index), piece);
        this.#kept.add(index);
        if (piece.length === room) await this.#folder.seal(nameOf(index));
      }
      this.size += piece.length;
      taken += piece.length;
    }
  }

  /**
   * @param {number} from
   * @param {number} to at most size
   * @returns {Promise<Blob>} without a type; read from the disk as it is used, where the browser can do that
   * @throws {RecorderError} `bytes-lost` where a part of it was let go of
   */
  async slice(from, to) {
    const pieces = [];
    for (let at = from; at < to;) {
      const index = Math.floor(at / this.#fileBytes);
      const start = index * this.#fileBytes;
      const end = Math.min(to, start + this.#fileBytes);
      if (!this.#kept.has(index)) throw new RecorderError('bytes-lost', `bytes ${at} to ${end} are no longer on this device`);
      pieces.push(await this.#read(index, at - start, end - start));
      at = end;
    }
    return pieces.length === 1 ? pieces[0] : new Blob(pieces);
  }

  /** The disk has lost files. @param {(name: string) => boolean} has which of them are still here */
  lost(has) {
    for (const index of [...this.#kept]) if (!has(nameOf(index))) this.#kept.delete(index);
  }

  /** How many bytes were let go of, or lost. */
  get lostBytes() {
    const files = Math.ceil(this.size / this.#fileBytes);
    let lost = 0;
    for (let index = 0; index < files; index++) {
      if (!this.#kept.has(index)) lost += Math.min(this.size - index * this.#fileBytes, this.#fileBytes);
    }
    return lost;
  }

  /** @param {number} index @param {number} from @param {number} to within the file */
  async #read(index, from, to) {
    const name = nameOf(index);
    const blob = await this.#folder.read(name, from, to).catch((cause) => {
      throw new RecorderError('bytes-lost', `${name} cannot be read on this device: ${cause?.message}`, { reason: cause?.name, cause });
    });
    if (blob.size !== to - from) throw new RecorderError('bytes-lost', `${name} has ${from + blob.size} bytes on this device, not ${to}`);
    return blob;
  }

  /**
   * Lets go of the oldest file that may go. The first never may: its header is written again at the end. Nor may the
   * one that grows.
   *
   * @param {(from: number, to: number) => boolean} safe whether S3 has these bytes
   * @returns {Promise<boolean>} whether there was one
   */
  async evictOldest(safe) {
    const full = Math.floor(this.size / this.#fileBytes);
    for (let index = 1; index < full; index++) {
      if (!this.#kept.has(index) || !safe(index * this.#fileBytes, (index + 1) * this.#fileBytes)) continue;
      this.#kept.delete(index);
      await this.#folder.remove(nameOf(index));
      return true;
    }
    return false;
  }
}

/** @param {string} name */
export function isPartFile(name) {
  return name.startsWith(PREFIX);
}

/** @param {string} name */
export function isFirstPartFile(name) {
  return name === nameOf(0);
}

/** @param {number} index from 0; names count from 1, as parts do */
function nameOf(index) {
  return PREFIX + String(index + 1).padStart(DIGITS, '0');
}
