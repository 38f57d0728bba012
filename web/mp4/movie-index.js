import { concat } from '../container/concat.js';
import { NotUnderstood } from '../container/not-understood.js';
import { HEADER_BYTES, LARGE_HEADER_BYTES } from './box.js';
import { boxHeader, freeBox, largeHeader } from './box-writer.js';
import { readHead } from './head.js';
import { liveMoov, moovBytes, ordinaryMoov } from './moov.js';
import { endOf, SampleLog } from './sample-log.js';
import { count, emptyTally } from './sample-tables.js';

/**
 * Space for the moov at the front: of what Chromium records, 15 minutes with a picture at 34 KB a minute, 10 minutes of sound
 * alone at 12 KB (measured 2026-11-29). In bytes.
 */
const PICTURE_RESERVE_BYTES = 512 * 1024;
const SOUND_RESERVE_BYTES = 128 * 1024;

/**
 * The moov is reckoned with at the end when so much room is left in front, some half a minute before it goes there: what a size
 * is limited to must not be exceeded from one moment to the next. In bytes.
 */
const NEAR_BYTES = 16 * 1024;

/** What a table says in 32 bits: how long a sample lasts, until the next one. */
const MAX_DELTA = 2 ** 32 - 1;

/**
 * Plain data, good for JSON and for a structured clone, some kB.
 *
 * @typedef {object} MovieIndexState
 * @property {string} ftyp in base64, as it came
 * @property {string} moov in base64, as it came
 * @property {import('./sample-tables.js').Tally[]} tallies
 * @property {number} coveredTo where the last fragment ends in the output
 * @property {{length: number, hash: number}} log
 */

/** What the head will say: how long the output is, and where each sample of it is. */
export class MovieIndex {
  #head;
  #log;
  #tallies;
  #coveredTo;

  /**
   * @param {import('./head.js').Head} head
   * @param {number | null} reserveBytes null: by what is recorded
   */
  constructor(head, reserveBytes) {
    const reserve = reserveBytes ?? (head.tracks.some(({ isPicture }) => isPicture) ? PICTURE_RESERVE_BYTES : SOUND_RESERVE_BYTES);
    this.#head = head;
    this.headBytes = head.ftyp.length + head.moov.length + reserve;
    this.#log = new SampleLog();
    this.#tallies = head.tracks.map(emptyTally);
    this.#coveredTo = this.headBytes;
  }

  /**
   * @param {MovieIndexState} state
   * @param {number | null} reserveBytes
   * @param {Uint8Array<ArrayBuffer>} [bytes] from {@link log}; without them there is a duration, and no moov at the end
   */
  static restore({ ftyp, moov, tallies, coveredTo, log }, reserveBytes, bytes) {
    const head = /** @type {import('./head.js').Head} */ (readHead(concat([fromBase64(ftyp), fromBase64(moov)])));
    const restored = new MovieIndex(head, reserveBytes);
    restored.#log = SampleLog.restore(log, bytes);
    restored.#tallies = structuredClone(tallies);
    restored.#coveredTo = coveredTo;
    return restored;
  }

  /** @returns {MovieIndexState} */
  snapshot() {
    const { ftyp, moov } = this.#head;
    return {
      ftyp: toBase64(ftyp), moov: toBase64(moov), tallies: structuredClone(this.#tallies), coveredTo: this.#coveredTo, log: this.#log.state,
    };
  }

  get tracks() { return this.#head.tracks; }

  /** What restore needs besides the snapshot. It only grows. A view, which stays as it is. */
  get log() { return this.#log.bytes; }

  /** How much memory the log takes, in bytes. */
  get memoryBytes() { return this.#log.capacity; }

  get durationMs() {
    return Math.max(0, ...this.tracks.map(({ timescale, skippedTicks }, i) => {
      const { samples, end } = this.#tallies[i];
      return samples === 0 ? 0 : (end - skippedTicks) / timescale * 1000;
    }));
  }

  /** How large the moov is that goes to the end, in bytes, at most; 0 as long as there is room in front, and more than a little. */
  get tailBytes() {
    const most = moovBytes(this.#head, this.#tallies);
    return most > this.#frontBytes - NEAR_BYTES ? most : 0;
  }

  /** What there is room for in front: the moov, and then the header of the mdat. */
  get #frontBytes() {
    return this.headBytes - this.#head.ftyp.length - LARGE_HEADER_BYTES;
  }

  /** What the output begins with: the head that came, and a gap. */
  liveHead() {
    return concat([this.#head.ftyp, this.livePatch().bytes]);
  }

  /** The same as a patch: where there was another it is as if there had been none. */
  livePatch() {
    const { ftyp, moov } = this.#head;
    return this.#patch(concat([moov, freeBox(this.headBytes - ftyp.length - moov.length)]));
  }

  /**
   * @param {import('./run.js').Run[]} runs of the next fragment; `at` counted from its start
   * @param {number} at where it starts in the output
   * @param {number} end
   * @throws {NotUnderstood} where time goes backwards, or too far forward
   */
  note(runs, at, end) {
    const timed = this.#timed(runs);
    this.#log.add(this.#sinceTheLast(timed), { gap: at - this.#coveredTo, length: end - at });
    for (const run of timed) count(this.#tallies[run.track], { ...run, at: at + run.at });
    this.#coveredTo = end;
  }

  /** When each run is decoded, from the beginning. @param {import('./run.js').Run[]} runs */
  #timed(runs) {
    const reached = this.#tallies.map(({ samples, lastAt, end }) => ({ samples, lastAt, end }));
    return runs.map((run) => {
      const { samples, lastAt, end } = reached[run.track];
      const time = run.time ?? end;
      if (samples > 0 && (time < lastAt || time - lastAt > MAX_DELTA)) throw new NotUnderstood(`a sample at ${time} after one at ${lastAt}`);
      let at = time;
      for (const ticks of run.durations) {
        reached[run.track].lastAt = at;
        at += ticks;
      }
      Object.assign(reached[run.track], { samples: samples + run.sizes.length, end: at });
      return { ...run, time };
    });
  }

  /** Times as the log has them: since the run before of the same track has ended. @param {import('./sample-log.js').TimedRun[]} runs */
  #sinceTheLast(runs) {
    const ends = this.#tallies.map(({ end }) => end);
    return runs.map((run) => {
      const time = run.time - ends[run.track];
      ends[run.track] = endOf(run);
      return { ...run, time };
    });
  }

  /**
   * It was recorded for so long, whatever the samples say: the last picture stands still until then.
   *
   * @param {number} ms
   */
  lasts(ms) {
    const used = this.tracks.map((track, i) => ({ track, tally: this.#tallies[i] })).filter(({ tally }) => tally.samples > 0);
    if (used.length === 0 || ms <= this.durationMs) return;
    const { track, tally } = used.find((candidate) => candidate.track.isPicture) ?? used[0];
    tally.end = Math.min(Math.round(ms * track.timescale / 1000) + track.skippedTicks, tally.lastAt + MAX_DELTA);
  }

  /**
   * The end: of an output that nothing follows.
   *
   * @param {number} size of the output
   * @returns {{patch: import('../container/flow.js').Patch, tail: Uint8Array<ArrayBuffer> | null}} patch: good only for the
   *   whole output with its tail; tail: what is to follow the output; null: it is all in the patch
   * @throws {NotUnderstood} where the log is not what was written
   */
  end(size) {
    if (this.#tallies.every(({ samples }) => samples === 0)) throw new NotUnderstood('nothing to play');
    const { bytes: moov, tables } = ordinaryMoov(this.#head, this.#tallies);
    for (const { runs } of this.#log.fragments(this.headBytes)) {
      for (const run of runs) tables[run.track].add(run);
    }
    for (const table of tables) table.close();
    const rest = this.#frontBytes - moov.length;
    const { length: ftypBytes } = this.#head.ftyp;
    if (rest !== 0 && rest < HEADER_BYTES) return { patch: this.#patch(largeHeader('mdat', size - ftypBytes)), tail: moov };
    const mdat = largeHeader('mdat', size - ftypBytes - this.#frontBytes);
    return { patch: this.#patch(concat([moov, rest > 0 ? freeBox(rest) : [], mdat])), tail: null };
  }

  /**
   * What more may follow of, with true durations: fragments as before.
   *
   * @param {number} size how much of the output is meant, in bytes
   * @param {boolean} all whether that is all there is
   * @returns {import('../container/flow.js').Patch | null} null where it would play nothing
   */
  checkpoint(size, all) {
    const ends = all ? this.#tallies.map(({ end }) => end) : this.#endsWithin(size);
    if (ends.every((end) => end === 0)) return null;
    const moov = liveMoov(this.#head, ends);
    const rest = this.headBytes - this.#head.ftyp.length - moov.length;
    return rest < HEADER_BYTES ? null : this.#patch(concat([moov, boxHeader('free', rest)]));
  }

  /** When each track ends, in ticks, as far as whole fragments reach. @param {number} size of the output */
  #endsWithin(size) {
    const ends = this.tracks.map(() => 0);
    for (const { end, runs } of this.#log.fragments(this.headBytes)) {
      if (end > size) break;
      for (const run of runs) ends[run.track] = endOf(run);
    }
    return ends;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes behind ftyp */
  #patch(bytes) {
    return { at: this.#head.ftyp.length, bytes };
  }
}

/** @param {Uint8Array} bytes of a head */
function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** @param {string} text */
function fromBase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
