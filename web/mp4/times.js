/**
 * mvhd, tkhd and mdhd (8.2.2, 8.3.2, 8.4.2) begin alike: when it was made and changed, then the timescale, or of a tkhd
 * the track's ID and nothing, then the duration.
 */

import { Fields } from './box.js';
import { fullBox, join, uint32s, uint64s } from './box-writer.js';

/**
 * @param {Uint8Array} bytes
 * @param {import('./box.js').Box} box
 * @returns {{flags: number, made: number, changed: number, unit: number, rest: Uint8Array<ArrayBuffer>}} unit: the timescale,
 *   in ticks per second, or the track's ID; rest: what follows the duration
 */
export function readTimes(bytes, box) {
  const fields = new Fields(bytes, box);
  const long = fields.version === 1;
  const made = long ? fields.uint64() : fields.uint32();
  const changed = long ? fields.uint64() : fields.uint32();
  const unit = fields.uint32();
  if (box.type === 'tkhd') fields.skip(4);
  fields.skip(long ? 8 : 4);
  return { flags: fields.flags, made, changed, unit, rest: fields.rest() };
}

/**
 * The same box with another duration; of version 0, which every reader knows, where its numbers allow it.
 *
 * @param {Uint8Array} bytes
 * @param {import('./box.js').Box} box
 * @param {{duration: number, timescale?: number}} changes timescale: not of a tkhd
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function withDuration(bytes, box, { duration, timescale }) {
  const { flags, made, changed, unit, rest } = readTimes(bytes, box);
  const long = [made, changed, duration].some((value) => value >= 2 ** 32 - 1); // all bits set would mean "unknown"
  const numbers = long ? uint64s : uint32s;
  const reserved = box.type === 'tkhd' ? uint32s(0) : [];
  return join(fullBox(box.type, long ? 1 : 0, flags,
    numbers(made, changed), uint32s(timescale ?? unit), reserved, numbers(duration), rest));
}
