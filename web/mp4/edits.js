/** Edit lists (8.6.6): which part of a track's media is shown, and when. */

import { NotUnderstood } from '../container/not-understood.js';
import { children, Fields } from './box.js';
import { box, fullBox, uint32s, uint64s } from './box-writer.js';

/** An edit that shows nothing, for so long. */
const EMPTY = -1;
/** As fast as it was recorded: 1.0, in 16.16 bits. */
const RATE = 0x10000;

/**
 * How much of a track its edit list leaves out at the beginning, such as the priming of AAC, less what it waits there.
 *
 * @param {Uint8Array} bytes
 * @param {import('./box.js').Box} trak
 * @param {{timescale: number, movieTimescale: number}} how in ticks per second
 * @returns {number} in the track's ticks
 * @throws {NotUnderstood} where it does more than that
 */
export function readSkippedTicks(bytes, trak, { timescale, movieTimescale }) {
  const edts = children(bytes, trak).find(({ type }) => type === 'edts');
  const elst = edts && children(bytes, edts).find(({ type }) => type === 'elst');
  if (!elst) return 0;
  let waited = 0;
  /** @type {number | null} */
  let skipped = null;
  for (const { duration, mediaTime, rate } of readEntries(bytes, elst)) {
    if (skipped !== null || rate !== RATE) throw new NotUnderstood('an edit list that cuts');
    if (mediaTime === EMPTY) waited += Math.round(duration * timescale / movieTimescale);
    else skipped = mediaTime;
  }
  return (skipped ?? 0) - waited;
}

/** @param {Uint8Array} bytes @param {import('./box.js').Box} elst */
function* readEntries(bytes, elst) {
  const fields = new Fields(bytes, elst);
  const long = fields.version === 1;
  for (let left = fields.uint32(); left > 0; left--) {
    const duration = long ? fields.uint64() : fields.uint32();
    const mediaTime = long ? fields.int64() : fields.int32();
    yield { duration, mediaTime, rate: fields.uint32() };
  }
}

/**
 * @param {{waitTicks: number, shownTicks: number, skippedTicks: number}} edit how long nothing is shown, and then how long
 *   the media is, in the movie's ticks; from where in the media on, in the track's ticks
 * @returns {import('./box-writer.js').Piece[]} nothing where all is shown from its beginning on
 */
export function editBox({ waitTicks, shownTicks, skippedTicks }) {
  const edits = [{ duration: shownTicks, mediaTime: skippedTicks }];
  if (waitTicks > 0) edits.unshift({ duration: waitTicks, mediaTime: EMPTY });
  if (edits.length === 1 && skippedTicks === 0) return [];
  const long = edits.some(({ duration, mediaTime }) => duration >= 2 ** 32 || mediaTime >= 2 ** 31);
  const numbers = long ? uint64s : uint32s;
  const entries = edits.map(({ duration, mediaTime }) => [numbers(duration, mediaTime), uint32s(RATE)]);
  return box('edts', fullBox('elst', long ? 1 : 0, 0, uint32s(edits.length), ...entries));
}
