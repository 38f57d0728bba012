/**
 * The positions at which a player can start. There are only as many as fit into Cues of a given size. When the index is full, it
 * drops the position whose neighbours are closest, so a recording of any length is covered evenly. (If it dropped every second
 * one, the start would get thinner again and again, and the end would stay dense.)
 */

import { element, sizeBytes, toBytes, uintElement } from './ebml.js';
import { ID } from './matroska.js';

/**
 * @typedef {object} Cue
 * @property {number} time of a keyframe, in ticks
 * @property {number} at where the Cluster it is in starts in the output
 * @property {number} until where that Cluster ends
 * @property {number} end how long the recording is up to there, in ticks
 */

/** Of a time and of a position, in bytes: every CuePoint is equally long, so it is known how many there is room for. */
const NUMBER_BYTES = 6;

/** The header of Cues: ID and size, in bytes. */
const SIZE_BYTES = 4;
const HEADER_BYTES = 4 + SIZE_BYTES;

/** What is left over is a Void, of this at least. In bytes. */
const MIN_VOID_BYTES = 2;

export class CueIndex {
  #track;
  #capacity;
  /** @type {Cue[]} */
  #cues;

  /**
   * @param {number} track its number
   * @param {number} reserveBytes for the Cues
   * @param {Cue[]} [cues] from {@link cues}
   */
  constructor(track, reserveBytes, cues = []) {
    this.#track = track;
    this.#capacity = Math.floor((reserveBytes - HEADER_BYTES - MIN_VOID_BYTES) / cuePoint(track, 0, 0).length);
    this.#cues = [...cues];
  }

  /** @param {Cue} cue the next one; left out where its time is not above that of the one before */
  add(cue) {
    if (cue.time <= (this.#cues.at(-1)?.time ?? -1)) return;
    this.#cues.push(cue);
    if (this.#cues.length > this.#capacity) this.#cues.splice(this.#leastMissed(), 1);
  }

  /** Neither the first place nor the last. */
  #leastMissed() {
    const gapAround = (/** @type {number} */ i) => this.#cues[i + 1].time - this.#cues[i - 1].time;
    let least = 1;
    for (let i = 2; i < this.#cues.length - 1; i++) if (gapAround(i) < gapAround(least)) least = i;
    return least;
  }

  /** @param {number} bytes of the output @returns {Cue[]} those whose Cluster is wholly within them */
  within(bytes) {
    return this.#cues.filter(({ until }) => until <= bytes);
  }

  /** @returns {Cue[]} good for a new CueIndex */
  cues() {
    return [...this.#cues];
  }

  /**
   * @param {Cue[]} cues
   * @param {number} segmentDataAt
   * @returns {Uint8Array<ArrayBuffer>} a Cues element that leaves room for a Void
   */
  write(cues, segmentDataAt) {
    const points = cues.map(({ time, at }) => cuePoint(this.#track, time, at - segmentDataAt));
    const size = points.reduce((sum, { length }) => sum + length, 0);
    const bytes = new Uint8Array(HEADER_BYTES + size);
    bytes.set([...toBytes(ID.Cues), ...sizeBytes(size, SIZE_BYTES)]);
    points.forEach((point, i) => bytes.set(point, HEADER_BYTES + i * point.length));
    return bytes;
  }
}

/** @param {number} track @param {number} time @param {number} position */
function cuePoint(track, time, position) {
  return element(
    ID.CuePoint,
    uintElement(ID.CueTime, time, NUMBER_BYTES),
    element(ID.CueTrackPositions, uintElement(ID.CueTrack, track), uintElement(ID.CueClusterPosition, position, NUMBER_BYTES)),
  );
}
