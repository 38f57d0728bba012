/**
 * A folder whose appends do not fail. If the disk is full, it makes space and tries again, at last with the reserve; then the
 * recording has to stop. If that does not help, or if the disk fails in another way, the file goes on in memory. A disk that
 * does not answer counts as one that fails.
 *
 * What was written last is in memory too. A site's data may be cleared at any moment, by a sign-out in another tab or by the
 * browser, and what S3 does not have yet would be lost.
 *
 * @implements {Folder}
 */

import { RecorderError } from '../base/errors.js';
import { STORAGE_ANSWERS_MS } from '../base/timing.js';
import { within } from '../base/within.js';
import { HeldBytes } from './held-bytes.js';
import { isFirstPartFile } from './part-files.js';
import { Reserve, RESERVE_NAME } from './reserve.js';

/** So much of what is on the disk is in memory too. */
const HELD_BYTES = 32 * 1024 * 1024;

export class SpillingFolder {
  #disk;
  #heldBytes;
  #held = new HeldBytes();
  /** @type {Map<string, number>} what is on the disk; a disk that fails can no longer be asked */
  #sizes = new Map();
  /** @type {Set<string>} files that go on in memory */
  #spilled = new Set();
  #reserve;
  #spillTold = false;
  /** The disk has lost what it had: from now on there is memory alone. */
  gone = false;
  /** Makes room on the disk. @type {() => Promise<boolean>} whether there is some now */
  makeRoom = async () => false;
  /** Told once: the disk is full, and only the reserve is left. */
  onFull = () => {};
  /** Told once: from now on not everything outlives this page. @type {(error: unknown) => void} */
  onSpill = () => {};
  /** Told once: what `has` denies is lost. */
  onGone = () => {};

  /** @param {Folder} disk @param {number} [heldBytes] */
  constructor(disk, heldBytes = HELD_BYTES) {
    this.#disk = disk;
    this.#heldBytes = disk.durable ? heldBytes : 0;
    this.#reserve = new Reserve(disk);
  }

  /** Takes room for the end of the recording; in memory there is nothing to be had. */
  async reserve() {
    if (this.#disk.durable) await this.#reserve.fill();
  }

  get durable() { return this.#disk.durable && !this.gone && this.#spilled.size === 0; }

  /** Names of the files that go on in memory. */
  get spilled() { return [...this.#spilled]; }

  /** Whether all of a file is still here. @param {string} name */
  has(name) { return !this.gone || this.#held.from(name) === 0; }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  async append(name, bytes) {
    if (!this.#spilled.has(name) && !this.gone) {
      try {
        await this.#write(() => this.#disk.append(name, bytes));
        return this.#appended(name, bytes);
      } catch (error) {
        await this.#failed(error);
        this.#spill(name, error);
      }
    }
    this.#held.append(name, this.#onDisk(name), bytes);
  }

  /** @param {string} name @param {number} [from] @param {number} [to] */
  async read(name, from = 0, to = Infinity) {
    const held = this.#held.from(name);
    if (held <= from) return this.#held.read(name, from, to);
    const onDisk = await this.#readDisk(name, from, Math.min(to, held));
    return held < to ? new Blob([onDisk, this.#held.read(name, held, to)]) : onDisk;
  }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  async replace(name, bytes) {
    try {
      if (!this.gone) {
        await this.#write(() => this.#disk.replace(name, bytes));
        return void this.#sizes.set(name, bytes.length);
      }
    } catch (error) {
      await this.#failed(error);
      if (!this.gone) throw error;
    }
    this.#held.drop(name);
    this.#held.append(name, 0, bytes);
  }

  /** @param {string} name @param {number} size */
  async truncate(name, size) {
    await this.#disk.truncate(name, size);
    this.#sizes.set(name, size);
  }

  /** @param {string} name */
  async seal(name) {
    if (this.gone || this.#spilled.has(name)) return;
    await inTime(() => this.#disk.seal(name)).catch((error) => this.#failed(error)); // all of it was written before
  }

  /** @param {string} name */
  async remove(name) {
    this.#held.drop(name);
    const spilled = this.#spilled.delete(name); // nothing of it needs this page any more
    if (this.gone || (spilled && this.#onDisk(name) === 0)) return;
    this.#sizes.delete(name); // from now on it is not missed
    try {
      await inTime(() => this.#disk.remove(name));
    } catch (error) {
      await this.#failed(error);
      if (!this.gone) throw error;
    }
  }

  async list() {
    if (this.gone) return this.#held.list();
    const files = await this.#disk.list();
    for (const { name, size } of files) if (name !== RESERVE_NAME) this.#sizes.set(name, size);
    this.#reserve.found(files);
    return files;
  }

  async destroy() {
    await this.#reserve.end();
    await inTime(() => this.#disk.destroy());
  }

  close() { this.#disk.close(); }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes that are on the disk now */
  #appended(name, bytes) {
    const before = this.#onDisk(name);
    this.#sizes.set(name, before + bytes.length);
    if (this.#heldBytes === 0) return;
    this.#held.append(name, before, bytes);
    this.#held.shrink(this.#heldBytes, (other) => isFirstPartFile(other) || this.#spilled.has(other));
  }

  /** @param {string} name @param {number} from @param {number} to */
  async #readDisk(name, from, to) {
    if (this.gone) throw new DOMException(`${name} is gone with all that was on the disk`, 'NotFoundError');
    try {
      const blob = await this.#disk.read(name, from, to);
      const wanted = Math.min(to, this.#sizes.get(name) ?? from + blob.size) - from;
      if (blob.size < wanted) throw new DOMException(`${name} is shorter than it was`, 'NotReadableError');
      return blob;
    } catch (error) {
      await this.#failed(error);
      throw error;
    }
  }

  /** Again and again, as long as a full disk can be relieved. @param {() => Promise<void>} write */
  async #write(write) {
    for (;;) {
      try {
        return await inTime(write); // a write that comes through later adds only what memory has too
      } catch (error) {
        if (!isFull(error) || !await this.#relieve()) throw error;
      }
    }
  }

  /** @returns {Promise<boolean>} whether there is room now */
  async #relieve() {
    if (await this.makeRoom().catch(() => false)) return true;
    const { whole } = this.#reserve;
    const dropped = await this.#reserve.drop().catch(() => false);
    if (dropped && whole) this.onFull();
    return dropped;
  }

  /** Looks whether what was written is still there. @param {unknown} error of the disk's */
  async #failed(error) {
    if (this.gone || isFull(error) || isLate(error)) return;
    const names = [...this.#sizes.keys()];
    const files = await inTime(() => this.#disk.list()).catch((failed) => (isLate(failed) ? null : []));
    if (!files) return;
    const there = new Set(files.map(({ name }) => name));
    if (this.gone || names.every((name) => there.has(name) || !this.#sizes.has(name))) return;
    this.gone = true;
    this.onGone();
    this.#tellSpill(new RecorderError('not-durable', 'what was kept on this device was cleared', { reason: 'storage-gone' }));
  }

  /** @param {string} name @param {unknown} error */
  #spill(name, error) {
    this.#spilled.add(name);
    this.#tellSpill(error);
  }

  /** @param {unknown} error */
  #tellSpill(error) {
    if (!this.#spillTold) this.onSpill(error);
    this.#spillTold = true;
  }

  /** Of a file that was there before, this is known once it was listed. @param {string} name */
  #onDisk(name) { return this.#sizes.get(name) ?? 0; }
}

/** @param {unknown} error */
export function isFull(error) {
  return /** @type {DOMException} */ (error)?.name === 'QuotaExceededError';
}

/** Whether the disk did not answer, which is no word about what is on it. @param {unknown} error */
function isLate(error) {
  return error instanceof RecorderError && error.code === 'unavailable';
}

/** @template T @param {() => Promise<T>} call of the disk's @returns {Promise<T>} rejects if the disk does not answer */
function inTime(call) {
  return within(STORAGE_ANSWERS_MS, call);
}

/** @typedef {import('./folder.js').Folder} Folder */
