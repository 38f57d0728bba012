/**
 * What is remembered of the fragments until the moov is written: about 4 bytes for each sample, or 0.8 MB for an hour with a
 * picture. It only grows, so the file in which it is kept only grows too.
 */

import { NotUnderstood } from '../container/not-understood.js';
import { hashOf, NumberReader, NumberWriter } from './numbers.js';
import { emptySamples } from './run.js';

/** @typedef {import('./run.js').Run & {time: number}} TimedRun */

/** What a run is like; it saves a number for each sample. */
const SAME_SIZE = 1;
const SAME_DURATION = 2;
const HAS_OFFSETS = 4;
/** Of the keys: all, the first alone, or none. Where it is otherwise, there is a number for each sample. */
const ALL_KEYS = 8;
const FIRST_KEY = 16;
const NO_KEY = 24;
const KEYS = 24;

/** A corrupt number must not take memory: no run has more samples, see fragment.js. */
const MAX_SAMPLES = 2 ** 20;

export class SampleLog {
  #numbers;
  /** How many bytes were written earlier and could not be restored. */
  #lostBytes = 0;
  #hashed = { length: 0, hash: hashOf(new Uint8Array(0)) };

  /** @param {Uint8Array<ArrayBuffer>} [bytes] */
  constructor(bytes = new Uint8Array(0)) {
    this.#numbers = new NumberWriter(bytes);
  }

  /**
   * @param {{length: number, hash: number}} state
   * @param {Uint8Array<ArrayBuffer>} [bytes] of that moment or a later one; if they are not the same bytes, `fragments` throws
   */
  static restore({ length, hash }, bytes = new Uint8Array(0)) {
    const restored = new SampleLog(bytes.subarray(0, length));
    if (restored.state.length !== length || restored.state.hash !== hash) {
      restored.#numbers = new NumberWriter(new Uint8Array(0));
      restored.#lostBytes = length;
    }
    return restored;
  }

  /** With it, restore can tell whether the bytes are still the same. Plain data. */
  get state() {
    const { bytes } = this;
    this.#hashed = { length: bytes.length, hash: hashOf(bytes.subarray(this.#hashed.length), this.#hashed.hash) };
    return { ...this.#hashed, length: bytes.length + this.#lostBytes };
  }

  /** A view; its bytes do not change later. */
  get bytes() { return this.#numbers.bytes; }

  /** How much memory it takes, in bytes. */
  get capacity() { return this.#numbers.capacity; }

  /**
   * @param {TimedRun[]} runs of a fragment; `at` is counted from the fragment's start, and `time` from the end of the
   *   same track's previous run
   * @param {{gap: number, length: number}} position gap: from the end of the previous fragment to the start of this one; both in
   *   bytes of the output
   */
  add(runs, { gap, length }) {
    for (const value of [gap, length, runs.length]) this.#numbers.add(value);
    for (const run of runs) this.#addRun(run);
  }

  /** @param {TimedRun} run */
  #addRun({ track, description, at, time, sizes, durations, offsets, keys }) {
    const kind = (isSame(sizes) ? SAME_SIZE : 0) | (isSame(durations) ? SAME_DURATION : 0) | (offsets ? HAS_OFFSETS : 0) | kindOfKeys(keys);
    const numbers = this.#numbers;
    for (const value of [track, description, at]) numbers.add(value);
    numbers.addSigned(time);
    for (const value of [sizes.length, kind]) numbers.add(value);
    for (const size of kind & SAME_SIZE ? sizes.subarray(0, 1) : sizes) numbers.add(size);
    for (const duration of kind & SAME_DURATION ? durations.subarray(0, 1) : durations) numbers.add(duration);
    for (const offset of offsets ?? []) numbers.addSigned(offset);
    for (const key of kind & KEYS ? [] : keys) numbers.add(key);
  }

  /**
   * @param {number} from where in the output the first fragment may start
   * @returns {Generator<{end: number, runs: TimedRun[]}, void, void>} the fragments; `end`, and `at` of the runs, are
   *   positions in the output; `time` is counted from the beginning of the recording
   * @throws {NotUnderstood} if the bytes are not those that were written
   */
  *fragments(from) {
    if (this.#lostBytes > 0) throw new NotUnderstood('an index that is not whole');
    const reader = new NumberReader(this.bytes);
    /** @type {number[]} of each track, in ticks */
    const ends = [];
    for (let end = from; !reader.atEnd;) {
      const start = end + reader.next();
      end = start + reader.next();
      const runs = [];
      for (let left = reader.next(); left > 0; left--) {
        const run = readRun(reader);
        run.at += start;
        run.time += ends[run.track] ?? 0;
        ends[run.track] = endOf(run);
        runs.push(run);
      }
      yield { end, runs };
    }
  }
}

/** When the last sample of a run has been decoded, in ticks. @param {TimedRun} run */
export function endOf({ time, durations }) {
  return durations.reduce((sum, ticks) => sum + ticks, time);
}

/** @param {NumberReader} reader @returns {TimedRun} */
function readRun(reader) {
  const [track, description, at] = [reader.next(), reader.next(), reader.next()];
  const time = reader.nextSigned();
  const [count, kind] = [reader.next(), reader.next()];
  if (count > MAX_SAMPLES) throw new NotUnderstood(`a run of ${count} samples`);
  const samples = emptySamples(count, (kind & HAS_OFFSETS) !== 0);
  fill(samples.sizes, (kind & SAME_SIZE) !== 0, () => reader.next());
  fill(samples.durations, (kind & SAME_DURATION) !== 0, () => reader.next());
  if (samples.offsets) fill(samples.offsets, false, () => reader.nextSigned());
  if ((kind & KEYS) === ALL_KEYS) samples.keys.fill(1);
  else if ((kind & KEYS) === FIRST_KEY) samples.keys[0] = 1;
  else if ((kind & KEYS) !== NO_KEY) fill(samples.keys, false, () => reader.next());
  return { track, description, at, bytes: 0, time, ...samples };
}

/** @param {Uint32Array | Int32Array | Uint8Array} values @param {boolean} same @param {() => number} next */
function fill(values, same, next) {
  if (same) values.fill(next());
  else for (let i = 0; i < values.length; i++) values[i] = next();
}

/** @param {Uint32Array} values */
const isSame = (values) => values.every((value) => value === values[0]);

/** @param {Uint8Array} keys */
function kindOfKeys(keys) {
  if (keys.every((key) => key === 1)) return ALL_KEYS;
  if (keys.every((key) => key === 0)) return NO_KEY;
  return keys.every((key, i) => key === (i === 0 ? 1 : 0)) ? FIRST_KEY : 0;
}
