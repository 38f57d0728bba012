/**
 * Makes a live WebM, as a browser's MediaRecorder writes it, seekable while it passes. The input has no duration, no index, and
 * Clusters of unknown size. The output has space at the front for duration and index, and Clusters with their true sizes.
 *
 * Until it is patched the output is a live WebM as well, wherever it is cut. {@link SeekableWebm.patches} tells which of
 * the first bytes to overwrite so that what is there becomes seekable; its length stays the same.
 *
 * It never breaks a recording: input that it does not understand goes out unchanged, from the first byte on or from the position
 * where it stopped to understand.
 */

import { Flow } from '../container/flow.js';
import { NotUnderstood } from '../container/not-understood.js';
import { Cluster } from './cluster.js';
import { readElement, toBytes } from './ebml.js';
import { DESCRIPTIONS, opensLive, POSITIONS, readHead } from './head.js';
import { layOut, segmentSizePatch } from './layout.js';
import { ID } from './matroska.js';
import { SeekIndex } from './seek-index.js';

/** Room for some 2,800 places to seek to: 95 minutes at a keyframe every 2 s; longer ones are thinned out. */
const INDEX_BYTES = 64 * 1024;
const LEAST_INDEX_BYTES = 1024;
const MOST_INDEX_BYTES = 4 * 1024 * 1024;

/** The most that is held back. Browsers end a Cluster with every slice and keyframe, so what is larger is none. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/**
 * What {@link SeekableWebm.restore} needs: plain data, good for JSON and for a structured clone, some 70 bytes in JSON
 * for each place to seek to. index: null until the head is known.
 *
 * @typedef {import('../container/flow.js').FlowState & {reserveBytes: number, index: import('./seek-index.js').SeekIndexState | null}} Snapshot
 */

export class SeekableWebm {
  #flow = new Flow(() => this.#step());
  /** @type {Cluster | null} in front of the queue */
  #cluster = null;
  /** @type {SeekIndex | null} */
  #index = null;
  #reserveBytes;

  /**
   * @param {{reserveBytes?: number}} [options] reserveBytes: for Cues in front, 1 KiB to 4 MiB
   * @throws {RangeError}
   */
  constructor({ reserveBytes = INDEX_BYTES } = {}) {
    if (!(reserveBytes >= LEAST_INDEX_BYTES && reserveBytes <= MOST_INDEX_BYTES)) throw new RangeError(`reserveBytes: ${reserveBytes}`);
    this.#reserveBytes = reserveBytes;
  }

  /**
   * Never throws, whatever the bytes are.
   *
   * @param {Uint8Array<ArrayBuffer>} bytes recorded data, in order, in slices of any size; copied
   * @returns {Uint8Array<ArrayBuffer>[]} output to be stored now, in order. An open Cluster is held back until its end.
   */
  push(bytes) {
    return this.#flow.push(bytes);
  }

  /**
   * The input has ended. What it breaks off in, an element cut short, is dropped and counted; so is a head that no
   * Cluster follows, as there is nothing to play.
   *
   * @param {{recordedMs?: number}} [how] recordedMs: how long it was recorded, without pauses: it plays for so long at least
   * @returns {Uint8Array<ArrayBuffer>[]} the rest of the output
   */
  finish({ recordedMs = 0 } = {}) {
    const rest = this.#flow.finish(() => this.#finishReading());
    this.#index?.lasts(recordedMs);
    return rest;
  }

  /**
   * What to overwrite so that the first bytes of the output are seekable. All of it is in the first {@link headBytes}.
   * May be asked at any time. The size of the Segment is patched only when everything is there: a reader would
   * ignore what comes behind it, and a checkpoint is often followed by more.
   *
   * @param {number} [size] how much of the output is meant, in bytes
   * @returns {import('./layout.js').Patch[]} none where there is nothing to seek to
   */
  patches(size = this.#flow.bytes) {
    if (!this.#index) return [];
    const { bytes, state } = this.#flow;
    const all = size >= bytes;
    const patches = this.#index.patches(size, all);
    if (all && state === 'finished') patches.push(segmentSizePatch(this.#index.layout, bytes));
    return patches;
  }

  /** Length of what patches may change, in bytes: some 65 KiB; 0 until it is known. */
  get headBytes() {
    return this.#index?.layout.headBytes ?? 0;
  }

  /** Input that is held back, in bytes. */
  get heldBytes() {
    return this.#flow.queue.length;
  }

  /** Input that was left out because it breaks off, in bytes; known at the end. */
  get droppedBytes() {
    return this.#flow.droppedBytes;
  }

  /** How long the output plays, without what is held back. */
  get durationMs() {
    return this.#index?.durationMs ?? 0;
  }

  /** False where nothing of the input was understood: all of it goes out as it comes. */
  get seekable() {
    return this.#flow.state !== 'passing' || this.#index !== null;
  }

  /** @returns {Snapshot} to go on from after the page was killed */
  snapshot() {
    return { ...this.#flow.snapshot(), reserveBytes: this.#reserveBytes, index: this.#index?.snapshot() ?? null };
  }

  /**
   * @param {Snapshot} snapshot
   * @returns {SeekableWebm} to push the input into from the snapshot's rawOffset on
   */
  static restore({ reserveBytes, index, ...flow }) {
    const restored = new SeekableWebm({ reserveBytes });
    restored.#flow = new Flow(() => restored.#step(), flow);
    restored.#index = index && new SeekIndex(index);
    return restored;
  }

  /** Reads one element further. @returns {boolean} false where the next one is not whole @throws {NotUnderstood} */
  #step() {
    if (!this.#index) return this.#readHead();
    if (this.#cluster?.isWhole) return this.#closeCluster(this.#cluster);
    const { bytes } = this.#flow.queue;
    const next = readElement(bytes, this.#cluster?.readTo ?? 0);
    if (!next) return false;
    if (this.#cluster && !this.#cluster.includes(next)) return this.#closeCluster(this.#cluster);
    if (!this.#cluster && next.id === ID.Cluster) {
      this.#cluster = new Cluster(next);
      return true;
    }
    if (next.end > MAX_HELD_BYTES) throw new NotUnderstood(`${next.end} bytes to hold back`);
    if (next.end > bytes.length) return false;
    if (this.#cluster) this.#cluster.take(bytes, next);
    else this.#takeBetweenClusters(next);
    return true;
  }

  #readHead() {
    const head = readHead(this.#flow.queue.bytes);
    if (!head) return false;
    const { bytes, layout } = layOut(head, this.#reserveBytes);
    this.#index = new SeekIndex({ layout, timestampScale: head.timestampScale, tracks: head.tracks, cues: [] });
    this.#flow.queue.drop(head.end);
    this.#flow.put(bytes);
    return true;
  }

  /** @param {Cluster} cluster @throws {NotUnderstood} where it has no Timestamp */
  #closeCluster(cluster) {
    const at = this.#flow.bytes;
    this.#flow.put(cluster.write(this.#flow.queue.bytes));
    this.#flow.queue.drop(cluster.readTo);
    this.#cluster = null;
    /** @type {SeekIndex} */ (this.#index).note(cluster.blocks, at, this.#flow.bytes);
    return true;
  }

  /** @param {import('./ebml.js').Element} element in front, wholly there @throws {NotUnderstood} */
  #takeBetweenClusters({ id, end }) {
    if (!DESCRIPTIONS.has(id) && !POSITIONS.has(id)) throw new NotUnderstood(`element ${id.toString(16)} between Clusters`);
    const bytes = this.#flow.queue.take(end);
    if (DESCRIPTIONS.has(id)) this.#flow.put(bytes);
  }

  #finishReading() {
    const { queue } = this.#flow;
    if (!this.#index && !opensLive(queue.bytes)) return this.#flow.pass();
    // What looks like an element cut short may be a size that lies, and then there are Clusters behind its first byte.
    if (holdsCluster(queue.bytes.subarray((this.#cluster?.readTo ?? 0) + 1))) return this.#flow.pass();
    if (this.#cluster?.isTimed) this.#closeCluster(this.#cluster);
    this.#flow.drop();
  }
}

/** @param {Uint8Array} bytes @returns {boolean} whether there is what starts a Cluster */
function holdsCluster(bytes) {
  const id = toBytes(ID.Cluster);
  for (let at = bytes.indexOf(id[0]); at >= 0; at = bytes.indexOf(id[0], at + 1)) {
    if (id.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}
