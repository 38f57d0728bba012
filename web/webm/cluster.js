import { NotUnderstood } from '../container/not-understood.js';
import { readBlock } from './block.js';
import { element, readUint } from './ebml.js';
import { ID } from './matroska.js';

const BLOCKS = new Set([ID.SimpleBlock, ID.BlockGroup]);

/** True of the Cluster as it came, not as we write it. */
const DROPPED = new Set([ID.Position, ID.PrevSize, ID['CRC-32'], ID.Void]);

/**
 * The Cluster that is being received. Its blocks stay where they are; only what stands around them is written anew, with
 * the true size.
 */
export class Cluster {
  #bounds;
  /** @type {import('./ebml.js').Element[]} */
  #kept = [];
  /** @type {number | null} in ticks */
  #timestamp = null;

  /** @type {{track: number, time: number, key: boolean, duration: number | null}[]} time: in ticks */
  blocks = [];

  /** How far it has been read: where the next child starts. */
  readTo;

  /** @param {import('./ebml.js').Element} bounds */
  constructor(bounds) {
    this.#bounds = bounds;
    this.readTo = bounds.dataAt;
  }

  /** Whether it has a Timestamp, without which its blocks mean nothing. */
  get isTimed() {
    return this.#timestamp !== null;
  }

  /** Whether all of it was read. One of unknown size ends with the first element that cannot be in it. */
  get isWhole() {
    return this.readTo === this.#bounds.end;
  }

  /**
   * Whether an element that follows what was read belongs to it.
   *
   * @param {import('./ebml.js').Element} next
   * @throws {NotUnderstood} where it has to, and cannot
   */
  includes({ id, at, end }) {
    const known = BLOCKS.has(id) || DROPPED.has(id) || id === ID.Timestamp;
    if (this.#bounds.end === Infinity) return known;
    if (!known || end > this.#bounds.end) throw new NotUnderstood(`a Cluster's child, at ${at}`);
    return true;
  }

  /**
   * @param {Uint8Array} bytes that it is in
   * @param {import('./ebml.js').Element} child its next one, wholly there
   * @throws {NotUnderstood}
   */
  take(bytes, child) {
    if (BLOCKS.has(child.id)) this.#takeBlock(bytes, child);
    else if (child.id === ID.Timestamp) this.#takeTimestamp(bytes, child);
    if (!DROPPED.has(child.id)) this.#kept.push(child);
    this.readTo = child.end;
  }

  /** @param {Uint8Array} bytes @param {import('./ebml.js').Element} child */
  #takeTimestamp(bytes, child) {
    if (this.#timestamp !== null) throw new NotUnderstood(`a second Timestamp, at ${child.at}`);
    this.#timestamp = readUint(bytes, child);
  }

  /** @param {Uint8Array} bytes @param {import('./ebml.js').Element} child */
  #takeBlock(bytes, child) {
    if (this.#timestamp === null) throw new NotUnderstood(`a block before its Timestamp, at ${child.at}`);
    const { track, offset, key, duration } = readBlock(bytes, child);
    this.blocks.push({ track, time: this.#timestamp + offset, key, duration });
  }

  /**
   * @param {Uint8Array} bytes that it is in
   * @returns {Uint8Array<ArrayBuffer>} a Cluster of what was taken
   * @throws {NotUnderstood} where it has no Timestamp
   */
  write(bytes) {
    if (!this.isTimed) throw new NotUnderstood('a Cluster without a Timestamp');
    return element(ID.Cluster, ...this.#kept.map(({ at, end }) => bytes.subarray(at, end)));
  }
}
