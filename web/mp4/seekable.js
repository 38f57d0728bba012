/**
 * Turns a fragmented MP4, as a browser's MediaRecorder writes it, into an ordinary one while it passes. The input has no duration
 * and no index; each of its fragments describes only itself. The output has space at the front for an ordinary moov.
 *
 *     while recording   ftyp | moov, of fragments | free, the reserve               | moof mdat moof mdat …
 *     at the end        ftyp | moov, of everything | free | mdat, 64 bit {           moof mdat moof mdat … }
 *     or, too long      ftyp | mdat, 64 bit { moov, of fragments, free,              moof mdat moof mdat … } | moov, of everything
 *     checkpoint        ftyp | moov, of fragments, with durations | free, shorter   | moof mdat moof mdat …
 *
 * Until it is patched the output is a fragmented MP4 as well, wherever it is cut. {@link SeekableMp4.patches} tells which of
 * the first bytes to overwrite; the length stays the same. No byte of sound or picture moves, so nothing has to be read again.
 *
 * Nothing is ever broken: an input that is not understood goes out as it came, from its first byte on or from where it
 * stopped making sense.
 *
 * The idea is that of OBS Studio's Hybrid MP4, which puts the moov at the end only
 * (https://obsproject.com/blog/obs-studio-hybrid-mp4, read 2026-11-29).
 */

import { Flow } from '../container/flow.js';
import { NotUnderstood } from '../container/not-understood.js';
import { readBox } from './box.js';
import { uint64s } from './box-writer.js';
import { readFragment } from './fragment.js';
import { opensMp4, readHead } from './head.js';
import { MovieIndex } from './movie-index.js';
import { BETWEEN, breakAt, firstPair, holdsMoof, isWhole, readPair } from './stream.js';

const LEAST_RESERVE_BYTES = 256;
const MOST_RESERVE_BYTES = 4 * 1024 * 1024;

/**
 * What {@link SeekableMp4.restore} needs besides the index: plain data, good for JSON and for a structured clone, some
 * kB. movie: null until there is something to play; endedAt: how long the output was without its tail, once it has ended.
 *
 * @typedef {import('../container/flow.js').FlowState & {container: 'mp4', reserveBytes: number | null,
 *   movie: import('./movie-index.js').MovieIndexState | null, endedAt: number | null}} Snapshot
 */

export class SeekableMp4 {
  #flow = new Flow(() => this.#step());
  /** @type {MovieIndex | null} */
  #movie = null;
  #reserveBytes;
  /** @type {number | null} */
  #endedAt = null;
  /** @type {{patch: import('../container/flow.js').Patch, moovAt: 'front' | 'end'} | null} */
  #ending = null;

  /**
   * @param {{reserveBytes?: number | null}} [options] for the moov in front, 256 bytes to 4 MiB; null: by what is recorded
   * @throws {RangeError}
   */
  constructor({ reserveBytes = null } = {}) {
    if (reserveBytes !== null && !(reserveBytes >= LEAST_RESERVE_BYTES && reserveBytes <= MOST_RESERVE_BYTES)) {
      throw new RangeError(`reserveBytes: ${reserveBytes}`);
    }
    this.#reserveBytes = reserveBytes;
  }

  /**
   * Never throws, whatever the bytes are.
   *
   * @param {Uint8Array<ArrayBuffer>} bytes recorded data, in order, in slices of any size; copied
   * @returns {Uint8Array<ArrayBuffer>[]} output to be stored now, in order. A fragment is held back until its end.
   */
  push(bytes) {
    return this.#flow.push(bytes);
  }

  /**
   * The input has ended. What it breaks off in, a fragment cut short, is dropped and counted; so is a head that no
   * fragment follows, as there is nothing to play.
   *
   * @param {{recordedMs?: number, provisional?: boolean}} [how] recordedMs: how long it was recorded, without pauses: it plays
   *   for so long at least; provisional: for a checkpoint, which more may follow: no moov is written
   * @returns {Uint8Array<ArrayBuffer>[]} the rest of the output
   */
  finish({ recordedMs = 0, provisional = false } = {}) {
    return this.#flow.finish(() => this.#finishReading(recordedMs, provisional));
  }

  /**
   * What to overwrite so that the output is an ordinary MP4. All of it is in the first {@link headBytes}. Where
   * {@link patchesLast} these must reach the store after the last bytes of the output, never before.
   *
   * May be asked at any time. Before the end it is a checkpoint, which more may follow: a fragmented MP4 that says how long
   * it is. Of a moov with samples Firefox 153 would play no fragment that follows, and Chromium 156 opens no file
   * where one follows a moov without mvex (both seen 2026-11-29).
   *
   * @param {number} [size] how much of the output is meant, in bytes
   * @returns {import('../container/flow.js').Patch[]} none where there is nothing to play
   */
  patches(size = this.#flow.bytes) {
    if (!this.#movie) return [];
    const { bytes, state } = this.#flow;
    const all = size >= bytes;
    if (this.#ending && all && state === 'finished') return [this.#ending.patch];
    // Of what follows a misunderstanding nobody knows how long it is.
    const checkpoint = state === 'passing' ? this.#movie.livePatch() : this.#checkpoint(this.#movie, size, all);
    return checkpoint ? [checkpoint] : [];
  }

  /** Length of what patches may change, in bytes; 0 until it is known. */
  get headBytes() {
    return this.#movie?.headBytes ?? 0;
  }

  /** Whether what is there plays nowhere once it is patched, until all of it is stored: the moov is at the end. */
  get patchesLast() {
    return this.ending === 'end';
  }

  /** Where the moov of everything is; null as long as it is not written. */
  get ending() {
    return this.#ending?.moovAt ?? null;
  }

  /** Input that is held back, in bytes. */
  get heldBytes() {
    return this.#flow.queue.length;
  }

  /** What the end will add to the output, in bytes, at most: to be reckoned with where its size is limited. */
  get tailBytes() {
    return this.#movie && this.#flow.state === 'reading' ? this.#movie.tailBytes : 0;
  }

  /** Input that was left out because it breaks off, in bytes; known at the end. */
  get droppedBytes() {
    return this.#flow.droppedBytes;
  }

  /** How long the output plays, without what is held back. */
  get durationMs() {
    return this.#movie?.durationMs ?? 0;
  }

  /** False where nothing of the input was understood: all of it goes out as it comes. */
  get seekable() {
    return this.#flow.state !== 'passing' || this.#movie !== null;
  }

  /** Where the samples are, some 0.8 MB an hour: to be kept beside the snapshot. It only grows. A view, which stays as it is. */
  get index() {
    return this.#movie?.log ?? new Uint8Array(0);
  }

  /** How much memory the index takes, in bytes. */
  get indexMemoryBytes() {
    return this.#movie?.memoryBytes ?? 0;
  }

  /** @returns {Snapshot} to go on from after the page was killed */
  snapshot() {
    const [reserveBytes, endedAt] = [this.#reserveBytes, this.#endedAt];
    return { ...this.#flow.snapshot(), container: 'mp4', reserveBytes, movie: this.#movie?.snapshot() ?? null, endedAt };
  }

  /**
   * @param {Snapshot} snapshot
   * @param {Uint8Array<ArrayBuffer>} [index] of then, or of later; without it there is a duration, and no moov at the end
   * @returns {SeekableMp4} to push the input into from the snapshot's rawOffset on
   */
  static restore({ reserveBytes, movie, endedAt, ...flow }, index) {
    const restored = new SeekableMp4({ reserveBytes });
    restored.#flow = new Flow(() => restored.#step(), flow);
    restored.#movie = movie && MovieIndex.restore(movie, reserveBytes, index);
    if (restored.#movie && endedAt !== null) restored.#writeMoov(restored.#movie, endedAt);
    return restored;
  }

  /** Reads one box further, or one fragment. @returns {boolean} false where the next one is not whole @throws {NotUnderstood} */
  #step() {
    if (!this.#movie) return this.#begin();
    const { queue } = this.#flow;
    const next = readBox(queue.bytes, 0);
    if (!next) return false;
    if (next.type === 'moof') return this.#takeFragment(this.#movie);
    const isIndex = next.type === 'mfra'; // its positions would be wrong, and the moov says all of it
    if (!isIndex && !BETWEEN.has(next.type)) throw new NotUnderstood(`${next.type} between fragments`);
    if (!isWhole(queue.bytes, next)) return false;
    const taken = queue.take(next.end);
    if (!isIndex) this.#flow.put(taken);
    return true;
  }

  /** A head goes out when there is something to play, and not before: the first slice may be the head alone. */
  #begin() {
    const { queue, inputAt } = this.#flow;
    const { bytes } = queue;
    const head = readHead(bytes);
    if (!head) return false;
    const first = firstPair(bytes, head.end);
    if (!first) return false;
    readFragment(bytes, first.moof, first.mdat, head.tracks, inputAt);
    this.#movie = new MovieIndex(head, this.#reserveBytes);
    queue.drop(head.end);
    this.#flow.put(this.#movie.liveHead());
    return true;
  }

  /** @param {MovieIndex} movie */
  #takeFragment(movie) {
    const { queue, inputAt, bytes: outputAt } = this.#flow;
    const { bytes } = queue;
    const found = readPair(bytes, 0);
    if (!found) return false;
    const { moof, mdat } = found;
    const { runs, absolute } = readFragment(bytes, moof, mdat, movie.tracks, inputAt);
    movie.note(runs.map((run) => ({ ...run, at: run.at - moof.at })), outputAt, outputAt + mdat.end - moof.at);
    queue.drop(moof.at);
    const fragment = queue.take(mdat.end - moof.at);
    const moved = outputAt - (inputAt + moof.at);
    for (const { at, base } of absolute) fragment.set(uint64s(base + moved), at - moof.at);
    this.#flow.put(fragment);
    return true;
  }

  /** @param {number} recordedMs @param {boolean} provisional */
  #finishReading(recordedMs, provisional) {
    const { queue } = this.#flow;
    if (!this.#movie && !opensMp4(queue.bytes)) return this.#flow.pass();
    // What looks like a box cut short may be a size that lies, and then there are fragments behind its first byte.
    if (holdsMoof(queue.bytes, breakAt(queue.bytes) + 1)) return this.#flow.pass();
    this.#flow.drop();
    this.#movie?.lasts(recordedMs);
    if (this.#movie && !provisional) this.#writeMoov(this.#movie, this.#flow.bytes, (tail) => this.#flow.put(tail));
  }

  /**
   * Where the index is not what it was the output stays as it is, fragments that play.
   *
   * @param {MovieIndex} movie
   * @param {number} size of the output
   * @param {(tail: Uint8Array<ArrayBuffer>) => void} [put]
   */
  #writeMoov(movie, size, put = () => {}) {
    try {
      const { patch, tail } = movie.end(size);
      this.#ending = { patch, moovAt: tail ? 'end' : 'front' };
      this.#endedAt = size;
      if (tail) put(tail);
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
    }
  }

  /** @param {MovieIndex} movie @param {number} size @param {boolean} all */
  #checkpoint(movie, size, all) {
    try {
      return movie.checkpoint(size, all);
    } catch (error) {
      if (error instanceof NotUnderstood) return movie.livePatch();
      throw error;
    }
  }
}
