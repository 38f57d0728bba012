/**
 * A recording as a source of bytes. It turns MediaRecorder's slices into the bytes for S3, one slice at a time, in order:
 *
 *   slice ──► journal (on the disk first) ──► transform ──► part files
 *
 * From time to time the manifest stores how far the transform is, and the journal up to that point is deleted. After a crash
 * the transform starts from there and reads the rest of the journal. What it has to remember of the whole recording, such as
 * where each sample of an MP4 is, is in a file that only grows.
 *
 * @implements {ByteSource}
 */

import { readBlob } from '../base/read-blob.js';
import { TIMING } from '../base/timing.js';
import { transformFor } from './transform.js';

export class RecordedBytes {
  #files;
  #transform;
  #onFailed;
  #noteMs;
  #work = Promise.resolve();
  #queuedBytes = 0; // slices that have not been taken in
  #storingBytes = 0; // output that is on its way to the disk
  #rawOffset;
  #notedAt = -Infinity;
  #notedSize; // of the part files, by a note that is on the disk
  ended = false;
  /** @type {unknown} */
  failure = undefined;
  sliceBytes = 0;
  announced = undefined;
  onGrown = () => {};

  /**
   * @param {object} options
   * @param {import('../disk/recording-files.js').RecordingFiles} options.files new ones, or those of an interrupted recording
   * @param {(error: unknown) => void} options.onFailed a slice could not be taken in, nor can any after it
   * @param {number} [options.noteMs]
   */
  constructor({ files, onFailed, noteMs = TIMING.noteMs }) {
    this.#files = files;
    this.#onFailed = onFailed;
    this.#noteMs = noteMs;
    const { job, transform, rawOffset, size } = files.manifest;
    this.#transform = transformFor(job.contentType, transform, files.index.bytes);
    this.#rawOffset = rawOffset;
    this.#notedSize = size;
  }

  get upload() { return this.#files.manifest; }
  get durable() { return this.#files.durable; }
  get size() { return this.#files.parts.size; }
  get pendingBytes() { return this.#queuedBytes + this.#transform.heldBytes + this.#storingBytes; }
  get tailBytes() { return this.#transform.tailBytes ?? 0; }
  get lostBytes() { return this.#files.parts.lostBytes; }
  get durationMs() { return this.#transform.durationMs || this.#files.manifest.durationMs; }

  /**
   * @param {Blob} blob recorded data, in order; empty ones and very large ones are normal (a hidden tab, a laptop that slept)
   * @param {number} durationMs recorded so far
   */
  add(blob, durationMs) {
    this.#queuedBytes += blob.size;
    this.sliceBytes = Math.max(this.sliceBytes, blob.size);
    this.#then(() => this.#take(blob, durationMs));
  }

  /** No data follows. @param {number} durationMs recorded in all */
  end(durationMs = 0) {
    this.#then(() => {
      const { manifest } = this.#files;
      manifest.durationMs = Math.max(manifest.durationMs, durationMs);
      return this.#finish();
    });
  }

  /** Takes in what the journal has of an interrupted recording, and ends it. @returns {Promise<void>} */
  replay() {
    return this.#then(async () => {
      for await (const bytes of this.#files.journal.read(this.#rawOffset)) await this.#store(this.#transform.push(bytes));
      await this.#finish();
    });
  }

  save() { return this.#files.save(); }

  /** @param {number} from @param {number} to */
  slice(from, to) { return this.#files.parts.slice(from, to); }

  /** @param {number} size */
  patches(size) { return this.#transform.patches(size); }

  get patchesLast() { return this.#transform.patchesLast ?? false; }

  /** The transform holds back what it cannot write yet; a second one is told that there is no more. */
  preview() {
    const before = this.#work;
    const view = before.then(() => this.#preview());
    this.#work = Promise.allSettled([view]).then(() => before); // one that fails is no harm to the recording
    return view;
  }

  /**
   * What lies behind the last note stays: after a crash the transform goes on writing in the middle of a file.
   *
   * @param {(from: number, to: number) => boolean} safe
   */
  evict(safe) { return this.#files.parts.evictOldest((from, to) => to <= this.#notedSize && safe(from, to)); }

  async clear() {
    await this.#work.catch(() => {});
    await this.#files.clear();
  }

  /** @param {Blob} blob @param {number} durationMs */
  async #take(blob, durationMs) {
    const bytes = new Uint8Array(await readBlob(blob));
    await this.#files.journal.append(bytes);
    this.#queuedBytes -= bytes.length;
    await this.#store(this.#transform.push(bytes));
    this.#files.manifest.durationMs = durationMs;
    if (performance.now() - this.#notedAt >= this.#noteMs) await this.#note();
    this.onGrown();
  }

  async #finish() {
    await this.#store(this.#transform.finish({ recordedMs: this.#files.manifest.durationMs }));
    this.ended = true;
    this.onGrown();
  }

  async #preview() {
    const size = this.size;
    const snapshot = this.#transform.snapshot();
    const ending = transformFor(this.#files.manifest.job.contentType, snapshot, this.#transform.index);
    const tail = [];
    for await (const bytes of this.#files.journal.read(snapshot.rawOffset)) tail.push(...ending.push(bytes));
    tail.push(...ending.finish({ recordedMs: this.#files.manifest.durationMs, provisional: true }));
    return { size, tail, patches: (/** @type {number} */ size) => ending.patches(size) };
  }

  /** @param {Uint8Array<ArrayBuffer>[]} output */
  async #store(output) {
    this.#storingBytes = output.reduce((sum, { length }) => sum + length, 0);
    for (const bytes of output) {
      await this.#files.parts.append(bytes);
      this.#storingBytes -= bytes.length;
    }
  }

  /**
   * Writes down how far the transform is. Output that is in memory only is made again from the journal after a crash: as
   * long as there is any, the last note stays.
   */
  async #note() {
    if (this.#files.outputSpilled) return;
    this.#notedAt = performance.now();
    const snapshot = this.#transform.snapshot();
    const { size } = this;
    await this.#files.index.grow(this.#transform.index);
    if (this.#files.outputSpilled) return;
    Object.assign(this.#files.manifest, { transform: snapshot, rawOffset: snapshot.rawOffset, size, indexSize: this.#files.index.size });
    // Where the disk is full the last note stays, and with it the journal from there on.
    await this.#files.save().then(() => {
      this.#notedSize = size;
      return this.#files.journal.trim(snapshot.rawOffset);
    }).catch(() => {});
  }

  /**
   * One after the other. After a failure nothing more is done: what follows would lack its predecessor.
   *
   * @template T
   * @param {() => Promise<T>} step
   * @returns {Promise<T>}
   */
  #then(step) {
    const done = this.#work.then(step);
    this.#work = done.then(() => {});
    this.#work.catch((error) => {
      this.failure ??= error;
      this.#onFailed(error);
    });
    return done;
  }
}

/** @typedef {import('./byte-source.js').ByteSource} ByteSource */
