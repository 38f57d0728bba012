/** The moov that is written (8.2.1): the one that came, with true durations, or that of an ordinary file. */

import { children, viewOf, wholeBox } from './box.js';
import { box, fullBox, join, uint64s } from './box-writer.js';
import { editBox } from './edits.js';
import { mediaTicks, SampleTables, shownTicks, tableBytes, TABLES } from './sample-tables.js';
import { withDuration } from './times.js';

/**
 * @typedef {import('./box.js').Box} Box
 * @typedef {import('./box-writer.js').Piece} Piece
 * @typedef {import('./head.js').Track} Track
 * @typedef {import('./head.js').Head} Head
 * @typedef {import('./sample-tables.js').Tally} Tally
 */

/** What an edit list and times of 64 bits add to each trak, and the latter to mvhd, at most. In bytes. */
const TRAK_GROWS_BYTES = 128;
const MVHD_GROWS_BYTES = 12;

/**
 * The moov as it came, with durations. Firefox takes them from the tracks, others from the movie or from mehd (8.8.2).
 *
 * @param {Head} head
 * @param {number[]} ends when each track's last sample has been decoded, in its ticks
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function liveMoov({ moov, timescale, tracks }, ends) {
  const seconds = tracks.map((track, i) => Math.max(0, ends[i] - track.skippedTicks) / track.timescale);
  const duration = Math.round(Math.max(...seconds) * timescale);
  let next = 0;
  return join(rewrite(moov, wholeBox(moov), {
    mvhd: (mvhd) => [withDuration(moov, mvhd, { duration })],
    trak: () => {
      const i = next++;
      return timedTrak(tracks[i], { inMovie: Math.round(seconds[i] * timescale), inMedia: ends[i] });
    },
    mvex: (mvex) => box('mvex', fullBox('mehd', 1, 0, uint64s(duration)), contentOf(moov, mvex, { mehd: () => [] })),
  }));
}

/** How large an ordinary moov is, in bytes, at most. @param {Head} head @param {Tally[]} tallies by track */
export function moovBytes({ moov }, tallies) {
  return moov.length + MVHD_GROWS_BYTES + tallies.reduce((sum, tally) => sum + TRAK_GROWS_BYTES + tableBytes(tally), 0);
}

/**
 * An ordinary moov; tracks that have no sample are left out.
 *
 * @param {Head} head
 * @param {Tally[]} tallies of all samples, by track
 * @returns {{bytes: Uint8Array<ArrayBuffer>, tables: SampleTables[]}} tables: by track, to be filled, which fills the
 *   bytes
 */
export function ordinaryMoov(head, tallies) {
  const { moov } = head;
  const timescale = fineTimescale(head, tallies);
  const tables = tallies.map((tally) => new SampleTables(tally));
  const spans = head.tracks.map((track, i) => spanOf(track, tallies[i], timescale));
  const duration = Math.max(...spans.map(({ waitTicks, shownTicks: shown }) => waitTicks + shown));
  let next = 0;
  const pieces = rewrite(moov, wholeBox(moov), {
    mvhd: (mvhd) => [mvhdOf(head, mvhd, { duration, timescale })],
    trak: () => {
      const i = next++;
      if (tallies[i].samples === 0) return [];
      return ordinaryTrak(head.tracks[i], { span: spans[i], inMedia: mediaTicks(tallies[i]), tables: tables[i].boxes() });
    },
    mvex: () => [],
  });
  return { bytes: join(pieces), tables };
}

/**
 * What is shown of a track.
 *
 * @param {Track} track
 * @param {Tally} tally
 * @param {number} movieTimescale
 */
function spanOf({ timescale, skippedTicks }, tally, movieTimescale) {
  const toMovie = (/** @type {number} */ ticks) => Math.round(ticks * movieTimescale / timescale);
  const late = tally.start - skippedTicks; // it begins so much later than the movie; below 0, so much is left out
  if (tally.samples === 0) return { waitTicks: 0, shownTicks: 0, skippedTicks: 0 };
  if (late === 0) return { waitTicks: 0, shownTicks: toMovie(mediaTicks(tally)), skippedTicks: 0 };
  // To the end of the last picture that is shown, or players leave out those that are decoded before they are shown.
  const shown = Math.max(0, shownTicks(tally) + Math.min(0, late));
  return { waitTicks: toMovie(Math.max(0, late)), shownTicks: toMovie(shown), skippedTicks: Math.max(0, -late) };
}

/**
 * The movie's timescale; a finer one where a track that begins late would otherwise begin at another moment.
 *
 * @param {Head} head
 * @param {Tally[]} tallies
 */
function fineTimescale({ timescale, tracks }, tallies) {
  const used = tracks.filter((_, i) => tallies[i].samples > 0);
  const isExact = tracks.every((track, i) => {
    const late = tallies[i].samples > 0 ? tallies[i].start - track.skippedTicks : 0;
    return late <= 0 || Number.isInteger(late * timescale / track.timescale);
  });
  const common = used.reduce((all, track) => all / greatestDivisor(all, track.timescale) * track.timescale, 1);
  return isExact || common >= 2 ** 32 ? timescale : common;
}

/** @param {number} a @param {number} b @returns {number} */
function greatestDivisor(a, b) {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** @param {Head} head @param {Box} mvhd @param {{duration: number, timescale: number}} times */
function mvhdOf({ moov, tracks }, mvhd, times) {
  const bytes = withDuration(moov, mvhd, times);
  const nextIdAt = bytes.length - 4; // next_track_ID, which Chromium leaves 0
  const view = viewOf(bytes);
  view.setUint32(nextIdAt, Math.max(view.getUint32(nextIdAt), ...tracks.map(({ id }) => id + 1)));
  return bytes;
}

/** @param {Track} track @param {{inMovie: number, inMedia: number}} duration in ticks of either @returns {Piece[]} */
function timedTrak({ trak }, { inMovie, inMedia }) {
  return rewrite(trak, wholeBox(trak), {
    tkhd: (tkhd) => [withDuration(trak, tkhd, { duration: inMovie })],
    mdia: (mdia) => rewrite(trak, mdia, { mdhd: (mdhd) => [withDuration(trak, mdhd, { duration: inMedia })] }),
  });
}

/**
 * @param {Track} track
 * @param {{span: ReturnType<typeof spanOf>, inMedia: number, tables: Piece[]}} what
 * @returns {Piece[]}
 */
function ordinaryTrak({ trak }, { span, inMedia, tables }) {
  const stblOf = (/** @type {Box} */ stbl) => {
    const kept = children(trak, stbl).filter(({ type }) => !TABLES.has(type)).map(({ at, end }) => trak.subarray(at, end));
    return box('stbl', kept, tables);
  };
  return rewrite(trak, wholeBox(trak), {
    tkhd: (tkhd) => [withDuration(trak, tkhd, { duration: span.waitTicks + span.shownTicks }), ...editBox(span)],
    edts: () => [],
    mdia: (mdia) => rewrite(trak, mdia, {
      mdhd: (mdhd) => [withDuration(trak, mdhd, { duration: inMedia })],
      minf: (minf) => rewrite(trak, minf, { stbl: stblOf }),
    }),
  });
}

/**
 * A box with some of what is in it replaced.
 *
 * @param {Uint8Array} bytes
 * @param {Box} parent
 * @param {Record<string, (child: Box) => Piece[]>} changes by type; what has none stays
 */
function rewrite(bytes, parent, changes) {
  return box(parent.type, contentOf(bytes, parent, changes));
}

/** @param {Uint8Array} bytes @param {Box} parent @param {Record<string, (child: Box) => Piece[]>} changes @returns {Piece[]} */
function contentOf(bytes, parent, changes) {
  return children(bytes, parent).flatMap((child) => changes[child.type]?.(child) ?? [bytes.subarray(child.at, child.end)]);
}
