/**
 * Files in the origin private file system, written through sync access handles: in place, without the copy that
 * createWritable makes, and flushed. Only a dedicated Worker may write; a page may read.
 *
 * If a tab is killed, what it wrote stays, flushed or not, because the browser's process or the kernel has it. The flush is
 * for a power cut.
 *
 * @implements {Folder}
 */

import { readBlob } from '../base/read-blob.js';

export class OpfsFolder {
  durable = true;
  #parent;
  #directory;
  #id;
  /** @type {Map<string, Promise<Writing>>} the files that are being written */
  #writing = new Map();

  /** @param {FileSystemDirectoryHandle} parent @param {FileSystemDirectoryHandle} directory @param {string} id */
  constructor(parent, directory, id) {
    this.#parent = parent;
    this.#directory = directory;
    this.#id = id;
  }

  /**
   * @param {string} id
   * @returns {Promise<OpfsFolder>} rejects where there is no OPFS (Firefox in private windows) or no sync access
   */
  static async create(id) {
    if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype)) throw new Error('no sync access to OPFS');
    const parent = await root({ create: true });
    const folder = new OpfsFolder(parent, await parent.getDirectoryHandle(id, { create: true }), id);
    try {
      await folder.replace(TRIAL, new Uint8Array(1));
      await folder.remove(TRIAL);
    } catch (error) {
      await parent.removeEntry(id, { recursive: true }).catch(() => {}); // it would be taken for a recording
      throw error;
    }
    return folder;
  }

  /** @param {string} id */
  static async open(id) {
    try {
      const parent = await root();
      return new OpfsFolder(parent, await parent.getDirectoryHandle(id), id);
    } catch {
      return null;
    }
  }

  /** @returns {Promise<string[]>} */
  static async ids() {
    const ids = [];
    try {
      for await (const name of (await root()).keys()) ids.push(name);
    } catch {} // nothing was ever recorded here
    return ids;
  }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  async append(name, bytes) {
    const file = await this.#write(name);
    const { handle, size } = file;
    try {
      requireWritten(handle.write(bytes, { at: size }), bytes.length);
      await handle.flush();
    } catch (error) {
      await handle.truncate(size);
      throw error;
    }
    file.size += bytes.length;
  }

  /** @param {string} name @param {number} [from] @param {number} [to] */
  async read(name, from = 0, to = Infinity) {
    const file = await this.#writing.get(name);
    if (!file) return this.#readSealed(name, from, to);
    const bytes = new Uint8Array(Math.max(0, Math.min(to, file.size) - from));
    const read = file.handle.read(bytes, { at: from });
    if (read !== bytes.length) throw new DOMException(`${read} bytes of ${name} were read, not ${bytes.length}`, 'NotReadableError');
    return new Blob([bytes]);
  }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  async replace(name, bytes) {
    const file = await this.#write(name);
    await file.handle.truncate(0);
    file.size = 0;
    await this.append(name, bytes);
    await this.seal(name);
  }

  /** @param {string} name @param {number} size */
  async truncate(name, size) {
    const file = await this.#write(name);
    await file.handle.truncate(size);
    await file.handle.flush();
    file.size = size;
  }

  /** @param {string} name */
  async seal(name) {
    const file = await this.#writing.get(name);
    this.#writing.delete(name);
    if (!file) return;
    // A Worker that closes a file of a profile whose site data was cleared never goes on (seen with Chromium 156, 2026-11-29).
    await this.#directory.getFileHandle(name);
    await file.handle.close();
  }

  /** @param {string} name */
  async remove(name) {
    await this.seal(name);
    await this.#directory.removeEntry(name);
  }

  async list() {
    const files = [];
    for await (const [name, handle] of this.#directory.entries()) {
      if (name === TRIAL) continue; // it is left where neither writing nor removing was allowed
      const writing = await this.#writing.get(name);
      const size = writing?.size ?? await sizeOf(/** @type {FileSystemFileHandle} */ (handle));
      if (size !== null) files.push({ name, size });
    }
    return files.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async destroy() {
    for (const name of [...this.#writing.keys()]) await this.seal(name);
    await this.#parent.removeEntry(this.#id, { recursive: true });
  }

  close() {} // what nobody writes is not open

  /** @param {string} name @returns {Promise<Writing>} */
  #write(name) {
    const writing = this.#writing.get(name);
    if (writing) return writing;
    const open = this.#openFile(name);
    this.#writing.set(name, open);
    open.catch(() => { if (this.#writing.get(name) === open) this.#writing.delete(name); }); // the next write opens it anew
    return open;
  }

  /** @param {string} name @returns {Promise<Writing>} */
  async #openFile(name) {
    const handle = await syncAccess(await this.#directory.getFileHandle(name, { create: true }));
    const size = await handle.getSize();
    if (size >= ERRORS_FROM) throw new DOMException(`the size of ${name} is ${size}`, 'NotReadableError');
    return { handle, size };
  }

  /** As it is now, whatever befalls the file later. @param {string} name @param {number} from @param {number} to */
  async #readSealed(name, from, to) {
    const file = await (await this.#directory.getFileHandle(name)).getFile();
    return new Blob([await readBlob(file.slice(from, Math.min(to, Number.MAX_SAFE_INTEGER)))]);
  }
}

/**
 * @typedef {import('./folder.js').Folder} Folder
 *
 * @typedef {object} SyncAccess the part of FileSystemSyncAccessHandle that is used; older browsers return promises
 * @property {(bytes: Uint8Array<ArrayBuffer>, at: {at: number}) => number} write
 * @property {(into: Uint8Array<ArrayBuffer>, at: {at: number}) => number} read
 * @property {(size: number) => void | Promise<void>} truncate
 * @property {() => number | Promise<number>} getSize
 * @property {() => void | Promise<void>} flush
 * @property {() => void | Promise<void>} close
 *
 * @typedef {{handle: SyncAccess, size: number}} Writing
 */

/**
 * Chromium throws nothing where a file cannot be used any more: it says that 4294967292 bytes were read or written, its error
 * -4, that a file has 18446744073709552000 of them, and leaves zeros (seen with 156 on 2026-11-29, after the site's data was cleared).
 */
const ERRORS_FROM = 2 ** 32 - 1024;
/** Past its quota it says 4294967288, its error -8 (seen 2026-11-22). */
const FULL = 2 ** 32 - 8;

const ROOT = 'slipway-recordings';
const TRIAL = 'trial';
/** A tab that was closed just now lets go of its files a moment later than of its lock. */
const LOCKED_TRIES = 30;
const LOCKED_WAIT_MS = 100;

/** @param {number} written as a handle says @param {number} wanted */
function requireWritten(written, wanted) {
  if (written === wanted) return;
  if (written < wanted || written === FULL) throw new DOMException('the disk did not take all of it', 'QuotaExceededError');
  throw new DOMException(`${written} bytes were written, not ${wanted}`, 'NotReadableError');
}

/** @param {FileSystemFileHandle} file @returns {Promise<number | null>} null where it was removed a moment ago */
async function sizeOf(file) {
  try {
    return (await file.getFile()).size;
  } catch (error) {
    if (/** @type {DOMException} */ (error)?.name === 'NotFoundError') return null;
    throw error;
  }
}

/** @param {FileSystemGetDirectoryOptions} [options] */
async function root(options) {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, options);
}

/** @param {FileSystemFileHandle} file @returns {Promise<SyncAccess>} */
async function syncAccess(file) {
  for (let tries = 1; ; tries++) {
    try {
      return await /** @type {any} */ (file).createSyncAccessHandle();
    } catch (error) {
      if (/** @type {DOMException} */ (error)?.name !== 'NoModificationAllowedError' || tries === LOCKED_TRIES) throw error;
      await new Promise((resolve) => { setTimeout(resolve, LOCKED_WAIT_MS); });
    }
  }
}
