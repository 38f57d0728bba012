import { NotUnderstood } from '../container/not-understood.js';
import { Fields } from './box.js';

/**
 * Samples of one track that follow each other in the file and in time. A run becomes one chunk of the ordinary file.
 *
 * @typedef {object} Run
 * @property {number} track its place among the tracks
 * @property {number} description index of the sample description, from 1
 * @property {number} at where its data starts
 * @property {number} bytes of its data
 * @property {number | null} time when it is decoded, in ticks; null: when the one before has ended
 * @property {Uint32Array} sizes
 * @property {Uint32Array} durations in ticks
 * @property {Int32Array | null} offsets from decoding to showing, in ticks; null: none
 * @property {Uint8Array} keys 1 where one can start to decode
 */

/** Flags of trun (8.8.8). */
const HAS_DATA_OFFSET = 0x1;
const HAS_FIRST_FLAGS = 0x4;
const HAS_DURATIONS = 0x100;
const HAS_SIZES = 0x200;
const HAS_FLAGS = 0x400;
const HAS_OFFSETS = 0x800;

/** sample_is_non_sync_sample among the flags of a sample (8.8.3.1). */
const NOT_SYNC = 0x10000;

/**
 * @param {Uint8Array} bytes
 * @param {import('./box.js').Box} trun
 * @param {object} context
 * @param {import('./fragment.js').Traf} context.traf
 * @param {number} context.base that data is counted from
 * @param {number} context.follows where the run before ends
 * @param {number | null} context.time
 * @param {number} context.mostSamples
 * @returns {Run}
 * @throws {NotUnderstood}
 */
export function readRun(bytes, trun, { traf, base, follows, time, mostSamples }) {
  const fields = new Fields(bytes, trun);
  const count = fields.uint32();
  const at = fields.has(HAS_DATA_OFFSET) ? base + fields.int32() : follows;
  const firstFlags = fields.has(HAS_FIRST_FLAGS) ? fields.uint32() : null;
  const perSample = [HAS_DURATIONS, HAS_SIZES, HAS_FLAGS, HAS_OFFSETS].filter((flag) => fields.has(flag)).length;
  if (count > mostSamples || !fields.holds(4 * perSample * count)) throw new NotUnderstood(`a trun of ${count} samples`);
  const { track, description } = traf;
  const run = { track, description, at, bytes: 0, time, ...emptySamples(count, fields.has(HAS_OFFSETS)) };
  for (let i = 0; i < count; i++) {
    run.durations[i] = fields.has(HAS_DURATIONS) ? fields.uint32() : traf.duration;
    run.sizes[i] = fields.has(HAS_SIZES) ? fields.uint32() : traf.size;
    const flags = fields.has(HAS_FLAGS) ? fields.uint32() : traf.flags;
    run.keys[i] = (i === 0 && firstFlags !== null ? firstFlags : flags) & NOT_SYNC ? 0 : 1;
    // Of version 0 they are unsigned, but none is that far away, and some writers put signed ones there.
    if (run.offsets) run.offsets[i] = fields.int32();
    run.bytes += run.sizes[i];
  }
  return run;
}

/** @param {number} count @param {boolean} withOffsets */
export function emptySamples(count, withOffsets) {
  return {
    sizes: new Uint32Array(count), durations: new Uint32Array(count),
    offsets: withOffsets ? new Int32Array(count) : null, keys: new Uint8Array(count),
  };
}
