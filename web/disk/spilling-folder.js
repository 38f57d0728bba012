/**
 * A folder whose appends do not fail: when the disk refuses one, room is made and it is tried again, and where that is
 * of no use the file goes on in memory. A recording is told to stop then; what MediaRecorder still delivers is little,
 * and is kept all the same.
 *
 * @implements {Folder}
 */

import { MemoryFolder } from './memory-folder.js';

export class SpillingFolder {
  #disk;
  #memory = new MemoryFolder();
  /** @type {Map<string, number>} files that go on in memory, and their size on the disk */
  #spilled = new Map();
  /** Makes room on the disk. @type {() => Promise<boolean>} whether there is some now */
  makeRoom = async () => false;
  /** Told once: from now on not everything outlives this page. @type {(error: unknown) => void} */
  onSpill = () => {};

  /** @param {Folder} disk */
  constructor(disk) {
    this.#disk = disk;
  }

  get durable() { return this.#disk.durable && this.#spilled.size === 0; }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  async append(name, bytes) {
    while (!this.#spilled.has(name)) {
      try {
        return await this.#disk.append(name, bytes);
      } catch (error) {
        if (!await this.makeRoom()) await this.#spill(name, error);
      }
    }
    await this.#memory.append(name, bytes);
  }

  /** @param {string} name @param {number} [from] @param {number} [to] */
  async read(name, from = 0, to = Infinity) {
    const onDisk = this.#spilled.get(name);
    if (onDisk === undefined) return this.#disk.read(name, from, to);
    const beginning = onDisk > 0 ? [await this.#disk.read(name, 0, onDisk)] : [];
    return new Blob([...beginning, await this.#memory.read(name)]).slice(from, Math.min(to, Number.MAX_SAFE_INTEGER));
  }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  replace(name, bytes) { return this.#disk.replace(name, bytes); }

  /** @param {string} name @param {number} size */
  truncate(name, size) { return this.#disk.truncate(name, size); }

  /** @param {string} name */
  async seal(name) {
    if (!this.#spilled.get(name)) await this.#disk.seal(name);
  }

  /** @param {string} name */
  async remove(name) {
    const onDisk = this.#spilled.get(name);
    await this.#memory.remove(name);
    if (onDisk !== 0) await this.#disk.remove(name);
  }

  list() { return this.#disk.list(); }

  destroy() { return this.#disk.destroy(); }

  /** @param {string} name @param {unknown} error */
  async #spill(name, error) {
    const first = this.#spilled.size === 0;
    const files = await this.#disk.list().catch(() => []);
    this.#spilled.set(name, files.find((file) => file.name === name)?.size ?? 0);
    if (first) this.onSpill(error);
  }
}

/** @typedef {import('./folder.js').Folder} Folder */
