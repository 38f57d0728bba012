/**
 * One recording on this device: its journal, its part files, and the manifest that says how they belong together.
 *
 *   raw slices ──► journal        what the transform has not turned into output yet
 *   output ──────► part files     what goes to S3
 *   the transform ─► index        what it remembers of all of it, such as where in an MP4 each sample is
 *   manifest                      where in all three the transform stands, and what S3 has
 */

import { IndexFile, isIndexFile } from './index-file.js';
import { Journal } from './journal.js';
import { ManifestFile } from './manifest.js';
import { FILE_BYTES, isPartFile, PartFiles } from './part-files.js';

export class RecordingFiles {
  #folder;
  #file;
  #written = Promise.resolve();
  /** @type {Promise<void> | null} a write that has not begun */
  #next = null;

  /**
   * @param {import('./spilling-folder.js').SpillingFolder} folder
   * @param {ManifestFile} file
   * @param {import('./manifest.js').Manifest} manifest
   * @param {Journal} journal
   * @param {PartFiles} parts
   * @param {IndexFile} index
   */
  constructor(folder, file, manifest, journal, parts, index) {
    this.#folder = folder;
    this.#file = file;
    this.manifest = manifest;
    this.journal = journal;
    this.parts = parts;
    this.index = index;
    folder.onGone = () => parts.lost((name) => folder.has(name));
  }

  /**
   * @param {import('./spilling-folder.js').SpillingFolder} folder an empty one
   * @param {import('../base/messages.js').JobOrder} job
   * @param {number} [fileBytes]
   */
  static async create(folder, job, fileBytes = FILE_BYTES) {
    /** @type {import('./manifest.js').Manifest} */
    const manifest = {
      version: 1, job, startedAt: Date.now(), durationMs: 0, fileBytes, openKey: crypto.randomUUID(), session: null, parts: [],
      transform: null, rawOffset: 0, size: 0,
    };
    const file = new ManifestFile(folder);
    await file.write(manifest);
    return new RecordingFiles(folder, file, manifest, await Journal.open(folder), await PartFiles.open(folder, fileBytes, 0), new IndexFile(folder));
  }

  /**
   * Opens the files of an interrupted recording.
   *
   * @param {import('./spilling-folder.js').SpillingFolder} folder
   * @returns {Promise<RecordingFiles | null>} null where there is no manifest that we understand
   */
  static async open(folder) {
    const found = await ManifestFile.read(folder);
    if (!found) return null;
    const { file, manifest } = found;
    const { rawOffset: from, fileBytes, size, indexSize } = manifest;
    const [journal, parts] = [await Journal.open(folder, { from }), await PartFiles.open(folder, fileBytes, size)];
    return new RecordingFiles(folder, file, manifest, journal, parts, await IndexFile.open(folder, indexSize));
  }

  get durable() { return this.#folder.durable; }

  /** Whether some of what the transform has made is in memory, though there is a disk. */
  get outputSpilled() { return !this.#folder.gone && this.#folder.spilled.some((name) => isPartFile(name) || isIndexFile(name)); }

  /**
   * Writes the manifest as it is now, or as it is a moment later: changes that come while one is written go into the
   * next.
   */
  save() {
    this.#next ??= this.#written.catch(() => {}).then(() => {
      this.#next = null;
      return this.#written = this.#file.write(this.manifest);
    });
    return this.#next;
  }

  /** Removes everything. */
  async clear() {
    await this.#next?.catch(() => {});
    await this.#written.catch(() => {});
    await this.#folder.destroy();
  }
}
