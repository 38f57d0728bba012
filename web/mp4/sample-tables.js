/**
 * The tables of one ordinary track (8.6.1, 8.7). During the recording their entries are only counted, so their size is known at
 * any time. At the end the same code writes them, into columns of exactly that size.
 */

import { NotUnderstood } from '../container/not-understood.js';
import { fullBox, uint32s } from './box-writer.js';
import { Column } from './column.js';

/**
 * What is known about a track's samples. It is plain data for JSON and structured clone. Times are in ticks.
 *
 * @typedef {object} Tally
 * @property {number} samples
 * @property {number} start when the first one is decoded
 * @property {number} lastAt when the last one is
 * @property {number} end when the last one has been decoded, as it says itself
 * @property {number} shownEnd when the last one was shown
 * @property {number} size of each, where they are all alike
 * @property {boolean} sameSize
 * @property {number} keys
 * @property {number} chunks
 * @property {number} highest where the last chunk starts
 * @property {Repeats} deltas from one sample to the next; the last one's is not among them
 * @property {Repeats} offsets from decoding to showing
 * @property {boolean} shifted there is an offset
 * @property {boolean} negative there is an offset below 0
 * @property {{entries: number, samples: number, description: number}} groups of chunks that are alike
 *
 * @typedef {object} Repeats numbers, with how often each comes in a row
 * @property {number} entries
 * @property {number} value of the last entry
 * @property {number} times how often, by now
 */

/** @returns {Tally} */
export const emptyTally = () => ({
  samples: 0, start: 0, lastAt: 0, end: 0, shownEnd: 0, size: 0, sameSize: true, keys: 0, chunks: 0, highest: 0,
  deltas: { entries: 0, value: 0, times: 0 }, offsets: { entries: 0, value: 0, times: 0 }, shifted: false, negative: false,
  groups: { entries: 0, samples: 0, description: 0 },
});

/** Boxes that the tables replace, or that would have to be written anew. */
export const TABLES = new Set(['stts', 'ctts', 'cslg', 'stss', 'stsc', 'stsz', 'stz2', 'stco', 'co64', 'sdtp', 'sbgp']);

/** From here on a position takes 64 bits. */
const LARGE = 2 ** 32;

/** The header of a table with the number of its entries, and of stsz. In bytes. */
const TABLE_BYTES = 16;
const SIZES_BYTES = 20;

/** @typedef {Partial<Record<'deltas' | 'offsets' | 'keys' | 'groups' | 'sizes' | 'chunks', Column>>} Columns */

/**
 * Takes a run into account.
 *
 * @param {Tally} tally is changed
 * @param {import('./sample-log.js').TimedRun} run the track's next one; `at` in the output
 * @param {Columns} [columns] are added to
 */
export function count(tally, { time, at: chunkAt, description, sizes, durations, offsets, keys }, columns = {}) {
  let at = time;
  for (let i = 0; i < sizes.length; i++) {
    if (tally.samples++ > 0) repeat(tally.deltas, at - tally.lastAt, columns.deltas);
    else [tally.start, tally.size] = [time, sizes[0]];
    tally.lastAt = at;
    at += durations[i];
    countOffset(tally, offsets ? offsets[i] : 0, at, columns);
    if (sizes[i] !== tally.size) tally.sameSize = false;
    columns.sizes?.add(sizes[i]);
    if (keys[i]) countKey(tally, columns);
  }
  tally.end = at;
  countChunk(tally, { chunkAt, samples: sizes.length, description }, columns);
}

/** @param {Tally} tally @param {number} offset @param {number} end of its decoding @param {Columns} columns */
function countOffset(tally, offset, end, columns) {
  repeat(tally.offsets, offset, columns.offsets);
  tally.shownEnd = Math.max(tally.shownEnd, end + offset);
  if (offset !== 0) tally.shifted = true;
  if (offset < 0) tally.negative = true;
}

/** @param {Tally} tally @param {Columns} columns */
function countKey(tally, columns) {
  tally.keys++;
  columns.keys?.add(tally.samples);
}

/** @param {Tally} tally @param {{chunkAt: number, samples: number, description: number}} chunk @param {Columns} columns */
function countChunk(tally, { chunkAt, samples, description }, columns) {
  tally.chunks++;
  tally.highest = Math.max(tally.highest, chunkAt);
  columns.chunks?.add(chunkAt);
  const { groups } = tally;
  if (groups.entries > 0 && groups.samples === samples && groups.description === description) return;
  tally.groups = { entries: groups.entries + 1, samples, description };
  for (const value of [tally.chunks, samples, description]) columns.groups?.add(value);
}

/** @param {Repeats} repeats @param {number} value @param {Column} [column] */
function repeat(repeats, value, column) {
  if (repeats.entries > 0 && repeats.value === value) return void repeats.times++;
  flush(repeats, column);
  repeats.entries++;
  [repeats.value, repeats.times] = [value, 1];
}

/** @param {Repeats} repeats @param {Column} [column] */
function flush({ times, value }, column) {
  if (times === 0) return;
  column?.add(times);
  column?.add(value);
}

/** How long it takes to decode all of it, in ticks. @param {Tally} tally */
export function mediaTicks({ start, end }) {
  return end - start;
}

/** When the last picture was shown, from when the first one is decoded on, in ticks. @param {Tally} tally */
export function shownTicks({ start, end, shownEnd }) {
  return Math.max(end, shownEnd) - start;
}

/** How large the tables are, in bytes, at most. @param {Tally} tally */
export function tableBytes(tally) {
  const { samples, keys, chunks, highest, deltas, offsets, shifted, groups } = tally;
  const headers = 5 * TABLE_BYTES + SIZES_BYTES;
  const times = 8 * (deltas.entries + 1) + (shifted ? 8 * offsets.entries : 0);
  const places = 12 * groups.entries + (highest >= LARGE ? 8 : 4) * chunks;
  return headers + times + places + (keys < samples ? 4 * keys : 0) + (commonSize(tally) ? 0 : 4 * samples);
}

/** The tables of a track, to be written. */
export class SampleTables {
  #tally;
  #columns;
  #written = emptyTally();

  /** @param {Tally} tally of all that will be written */
  constructor(tally) {
    this.#tally = tally;
    const { samples, keys, chunks, highest, offsets, shifted, groups } = tally;
    this.#columns = {
      deltas: new Column(2 * entriesWithLast(tally)),
      ...(shifted && { offsets: new Column(2 * offsets.entries) }),
      ...(keys < samples && { keys: new Column(keys) }), // where all are, none is named
      groups: new Column(3 * groups.entries),
      ...(!commonSize(tally) && { sizes: new Column(samples) }),
      chunks: new Column(chunks, { large: highest >= LARGE }),
    };
  }

  /** @returns {import('./box-writer.js').Piece[]} boxes with columns that are empty yet */
  boxes() {
    const { samples, keys, chunks, offsets, negative, groups } = this.#tally;
    const columns = this.#columns;
    return [
      ...fullBox('stts', 0, 0, uint32s(entriesWithLast(this.#tally)), columns.deltas),
      ...(columns.offsets ? fullBox('ctts', negative ? 1 : 0, 0, uint32s(offsets.entries), columns.offsets) : []),
      ...(columns.keys ? fullBox('stss', 0, 0, uint32s(keys), columns.keys) : []),
      ...fullBox('stsc', 0, 0, uint32s(groups.entries), columns.groups),
      // stz2 would be smaller, and Firefox does not read it.
      ...fullBox('stsz', 0, 0, uint32s(commonSize(this.#tally), samples), columns.sizes ?? []),
      ...fullBox(columns.chunks.large ? 'co64' : 'stco', 0, 0, uint32s(chunks), columns.chunks),
    ];
  }

  /** @param {import('./sample-log.js').TimedRun} run @throws {NotUnderstood} where it is more than was counted */
  add(run) {
    count(this.#written, run, this.#columns);
  }

  /** @throws {NotUnderstood} where it is less than was counted */
  close() {
    const { deltas, offsets, lastAt } = this.#written;
    const columns = this.#columns;
    if (this.#written.samples > 0) repeat(deltas, this.#tally.end - lastAt, columns.deltas);
    flush(deltas, columns.deltas);
    flush(offsets, columns.offsets);
    if (Object.values(columns).some((column) => !column.isFull)) throw new NotUnderstood('fewer entries than were counted');
  }
}

/** What stsz says instead of a size for each: 0 where there is none. @param {Tally} tally */
function commonSize({ sameSize, size }) {
  return sameSize ? size : 0;
}

/** Of stts, with the duration of the last sample. @param {Tally} tally */
function entriesWithLast({ samples, deltas, end, lastAt }) {
  if (samples === 0) return 0;
  return deltas.entries + (deltas.entries > 0 && deltas.value === end - lastAt ? 0 : 1);
}
