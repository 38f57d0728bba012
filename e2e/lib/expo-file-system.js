/**
 * Stands in for expo-file-system in Node: as much of it as kit/expo calls, with its names and types (e2e/kit-expo.test.js holds them against
 * the package's own). An upload is a process of its own, which outlives the app as iOS' background transfers do.
 */

import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @typedef {typeof import('expo-file-system')} Real */

/**
 * The tests' own: Expo has no such thing. `asked` comes with the number of tasks that were asked for, `task` with the file's URI, the options and
 * the URL once the system has it, and `copied` when some bytes are written to a file. The first task starts when `startsAt` were asked for: iOS, too,
 * starts them when it likes.
 */
export const system = Object.assign(new EventEmitter(), { startsAt: 1 });
let tasks = 0;

const TASK = fileURLToPath(new URL('expo-upload-task.js', import.meta.url));

/** @type {Pick<Real['UploadType'], 'BINARY_CONTENT' | 'MULTIPART'>} */
export const UploadType = { BINARY_CONTENT: 0, MULTIPART: 1 };
export const FileMode = /** @type {Pick<Real['FileMode'], 'ReadOnly' | 'WriteOnly'>} */ (/** @type {unknown} */ ({ ReadOnly: 'r', WriteOnly: 'w' }));

/** @implements {Pick<import('expo-file-system').Directory, 'uri' | 'exists' | 'create' | 'delete'>} */
export class Directory {
  /** @param {string} uri */
  constructor(uri) { this.uri = uri; }

  get exists() { return fs.existsSync(pathOf(this)); }

  /** @param {{idempotent?: boolean}} [options] */
  create({ idempotent = false } = {}) {
    if (this.exists && !idempotent) throw new Error('it exists');
    fs.mkdirSync(pathOf(this), { recursive: idempotent });
  }

  delete() { fs.rmSync(pathOf(this), { recursive: true }); }
}

/** @implements {Pick<import('expo-file-system').File, 'uri' | 'exists' | 'size' | 'lastModified' | 'create' | 'delete' | 'rename' | 'upload'>} */
export class File {
  /** @param {...(string | Directory)} uris */
  constructor(...uris) { this.uri = uris.map((uri) => (typeof uri === 'string' ? uri : uri.uri)).join('/'); }

  get exists() { return fs.existsSync(pathOf(this)); }

  get size() { return this.exists ? fs.statSync(pathOf(this)).size : 0; }

  get lastModified() { return this.exists ? Math.round(fs.statSync(pathOf(this)).mtimeMs) : null; }

  /** @param {{overwrite?: boolean}} [options] */
  create({ overwrite = false } = {}) { fs.writeFileSync(pathOf(this), '', { flag: overwrite ? 'w' : 'wx' }); }

  delete() { fs.rmSync(pathOf(this)); }

  /** @param {string} name */
  rename(name) {
    const to = new URL(name, this.uri).href;
    fs.renameSync(pathOf(this), new URL(to));
    this.uri = to;
  }

  /** @param {string} [mode] */
  open(mode) { return new FileHandle(fs.openSync(pathOf(this), mode === FileMode.WriteOnly ? 'r+' : 'r')); }

  /**
   * @param {string} url
   * @param {import('expo-file-system').UploadOptions} [options]
   * @returns {Promise<import('expo-file-system').UploadResult>}
   */
  async upload(url, options = {}) {
    if (!this.exists) throw new Error('there is no such file');
    const { httpMethod, headers, signal } = options;
    system.emit('asked', ++tasks);
    if (tasks < system.startsAt) await once(system, 'start', { signal });
    const task = JSON.stringify({ url, file: pathOf(this), httpMethod, headers });
    const running = spawn(process.execPath, [TASK], { detached: true, stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, TASK: task } });
    signal?.addEventListener('abort', () => running.kill());
    system.emit('start');
    system.emit('task', this.uri, options, url);
    const answer = (await running.stdout.toArray()).join('');
    if (!answer) throw new Error('the request failed');
    const { headers: answered, ...rest } = JSON.parse(answer);
    return { ...rest, headers: Object.fromEntries(Object.entries(answered).map(([name, value]) => [asOnIOS(name), value])) };
  }
}

/** @implements {Pick<import('expo-file-system').FileHandle, 'offset' | 'readBytes' | 'writeBytes' | 'close'>} */
class FileHandle {
  #fd;
  offset = 0;

  /** @param {number} fd */
  constructor(fd) { this.#fd = fd; }

  /** @param {number} length */
  async readBytes(length) {
    const bytes = new Uint8Array(length);
    const read = fs.readSync(this.#fd, bytes, 0, length, this.offset);
    this.offset += read;
    return bytes.subarray(0, read);
  }

  /** @param {Uint8Array} bytes */
  async writeBytes(bytes) {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(this.#fd, bytes, at, bytes.length - at, this.offset + at);
    this.offset += bytes.length;
    system.emit('copied');
  }

  close() { fs.closeSync(this.#fd); }
}

/** The name of a header as iOS writes it: Etag, X-Amz-Request-Id. @param {string} name */
function asOnIOS(name) { return name.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase()); }

/** @param {{uri: string}} item */
function pathOf({ uri }) { return fileURLToPath(uri); }
