/**
 * kit/js over background tasks of expo-file-system: each part is copied to a file of its own beside the recording, and iOS uploads that
 * file while the app is suspended.
 */

import { Directory, File, FileMode, UploadType } from 'expo-file-system';
import { upload as uploadParts } from 'slipway-upload';

/** The most parts that a file can have: every part but the last has at least 5 MiB. @param {number} size in bytes */
const mostParts = (size) => Math.ceil(size / (5 << 20));

/** A background task may start days later. */
const WEEK_MS = 7 * 24 * 3_600_000;

/** So much of a recording is in memory at a time. */
const PIECE_BYTES = 1 << 20;

/**
 * @typedef {Omit<import('slipway-upload').Options, 'source' | 'fetch'> & {file: File}} Options those of kit/js, and the recording; `parallel` is
 *   all parts unless given, because a task that is created while the app is suspended has to wait
 */

/**
 * Uploads a recording, or goes on with an upload that was cut short.
 *
 * @param {Options} options
 * @returns {Promise<import('slipway-upload').Uploaded>}
 * @throws {import('slipway-upload').UploadError} as kit/js
 */
export async function upload({ file, ...options }) {
  const parts = new PartFiles(file);
  if (!options.state) parts.remove(); // they are of an upload that was given up
  const done = await uploadParts({
    parallel: mostParts(file.size),
    urlTtlMs: WEEK_MS,
    ...options,
    source: { size: file.size, lastModified: file.lastModified ?? undefined, slice: (from, to) => parts.write(from, to) },
    fetch: (url, init) => (init?.method === 'PUT' ? put(String(url), /** @type {any} */ (init), options.signal) : fetch(url, init)),
  });
  parts.remove();
  return done;
}

/**
 * PUTs a part as a background task. Its answer is as fetch gives it, as far as kit/js reads it. The task has all the time it wants: what ends a fetch that
 * takes long is a timer, and that of a suspended app is late.
 *
 * @param {string} url
 * @param {{headers: Record<string, string>, body: File}} init
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
async function put(url, { headers, body: part }, signal) {
  const { status, headers: answered } = await part.upload(url, { httpMethod: 'PUT', uploadType: UploadType.BINARY_CONTENT, sessionType: 'background', headers, signal });
  const ok = status >= 200 && status < 300;
  if (ok) part.delete();
  const lower = new Map(Object.entries(answered).map(([name, value]) => [name.toLowerCase(), value]));
  return { ok, status, headers: { get: (/** @type {string} */ name) => lower.get(name) ?? null }, text: async () => '' };
}

/** The parts of one recording, in a folder beside it. */
class PartFiles {
  #file;
  #folder;
  /** One is written at a time, so that the first is on its way soon. @type {Promise<unknown>} */
  #written = Promise.resolve();

  /** @param {File} file */
  constructor(file) {
    this.#file = file;
    this.#folder = new Directory(`${file.uri}.parts`);
  }

  /** The file of a part. A task from before the app was killed may still read it, so it is not written again. @param {number} from @param {number} to @returns {Promise<File>} */
  write(from, to) {
    const written = this.#written.then(() => this.#write(from, to));
    this.#written = written.catch(() => {});
    return written;
  }

  /** @param {number} from @param {number} to */
  async #write(from, to) {
    const part = new File(this.#folder, `${from}-${to}`);
    if (part.exists) return part;
    this.#folder.create({ idempotent: true });
    const unfinished = new File(this.#folder, 'unfinished');
    unfinished.create({ overwrite: true });
    const source = this.#file.open(FileMode.ReadOnly);
    const target = unfinished.open(FileMode.WriteOnly);
    try {
      source.offset = from;
      for (let left = to - from; left > 0;) {
        const bytes = await source.readBytes(Math.min(PIECE_BYTES, left));
        if (bytes.length === 0) throw new Error('the recording is shorter than it was');
        await target.writeBytes(bytes);
        left -= bytes.length;
      }
    } finally {
      source.close();
      target.close();
    }
    unfinished.rename(`${from}-${to}`); // under its name it is whole
    return part;
  }

  remove() { if (this.#folder.exists) this.#folder.delete(); }
}
