/**
 * A folder whose appends do not fail: when the disk is full, room is made and it is tried again, at last with a reserve.
 * A recording is told to stop then. Where that is of no use, or the disk fails otherwise, the file goes on in memory; what
 * MediaRecorder still delivers is little, and is kept all the same.
 *
 * @implements {Folder}
 */

import { MemoryFolder } from './memory-folder.js';
import { Reserve } from './reserve.js';

export class SpillingFolder {
  #disk;
  #memory = new MemoryFolder();
  /** @type {Map<string, number>} what is on the disk; a disk that fails can no longer be asked */
  #sizes = new Map();
  /** @type {Set<string>} files that go on in memory */
  #spilled = new Set();
  #reserve;
  /** Makes room on the disk. @type {() => Promise<boolean>} whether there is some now */
  makeRoom = async () => false;
  /** Told once: the disk is full, and only the reserve is left. */
  onFull = () => {};
  /** Told once: from now on not everything outlives this page. @type {(error: unknown) => void} */
  onSpill = () => {};

  /** @param {Folder} disk */
  constructor(disk) {
    this.#disk = disk;
    this.#reserve = new Reserve(disk);
  }

  /** Takes room for the end of the recording; in memory there is nothing to be had. */
  async reserve() {
    if (this.#disk.durable) await this.#reserve.fill();
  }

  get durable() { return this.#disk.durable && this.#spilled.size === 0; }

  /** Names of the files that go on in memory. */
  get spilled() { return [...this.#spilled]; }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  async append(name, bytes) {
    if (!this.#spilled.has(name)) {
      try {
        await this.#write(() => this.#disk.append(name, bytes));
        this.#sizes.set(name, this.#onDisk(name) + bytes.length);
        return;
      } catch (error) {
        this.#spill(name, error);
      }
    }
    await this.#memory.append(name, bytes);
  }

  /** @param {string} name @param {number} [from] @param {number} [to] */
  async read(name, from = 0, to = Infinity) {
    if (!this.#spilled.has(name)) return this.#disk.read(name, from, to);
    const onDisk = this.#onDisk(name);
    const beginning = onDisk > 0 ? [await this.#disk.read(name, 0, onDisk)] : [];
    return new Blob([...beginning, await this.#memory.read(name)]).slice(from, Math.min(to, Number.MAX_SAFE_INTEGER));
  }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  replace(name, bytes) { return this.#write(() => this.#disk.replace(name, bytes)); }

  /** @param {string} name @param {number} size */
  async truncate(name, size) {
    await this.#disk.truncate(name, size);
    this.#sizes.set(name, size);
  }

  /** @param {string} name */
  async seal(name) {
    if (!this.#spilled.has(name)) await this.#disk.seal(name);
  }

  /** @param {string} name */
  async remove(name) {
    await this.#memory.remove(name);
    if (this.#spilled.has(name) && this.#onDisk(name) === 0) return;
    await this.#disk.remove(name);
    this.#sizes.delete(name);
  }

  async list() {
    const files = await this.#disk.list();
    for (const { name, size } of files) this.#sizes.set(name, size);
    this.#reserve.found(files);
    return files;
  }

  async destroy() {
    await this.#reserve.end();
    await this.#disk.destroy();
  }

  close() { this.#disk.close(); }

  /** Again and again, as long as a full disk can be relieved. @param {() => Promise<void>} write */
  async #write(write) {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        const full = /** @type {DOMException} */ (error)?.name === 'QuotaExceededError';
        if (!full || !await this.#relieve()) throw error;
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

  /** @param {string} name @param {unknown} error */
  #spill(name, error) {
    const first = this.#spilled.size === 0;
    this.#spilled.add(name);
    if (first) this.onSpill(error);
  }

  /** Of a file that was there before, this is known once it was listed. @param {string} name */
  #onDisk(name) { return this.#sizes.get(name) ?? 0; }
}

/** @typedef {import('./folder.js').Folder} Folder */
