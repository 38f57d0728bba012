import { CueIndex } from './cue-index.js';
import { chooseCueTrack } from './head.js';
import { cuesPatches, durationPatch } from './layout.js';
import { Timeline } from './timeline.js';

/**
 * Plain data for JSON and structured clone.
 *
 * @typedef {object} SeekIndexState
 * @property {import('./layout.js').Layout} layout
 * @property {number} timestampScale ns in a tick
 * @property {import('./timeline.js').Track[]} tracks
 * @property {import('./cue-index.js').Cue[]} cues
 */

/** What the head will say once it is patched: how long the output is and where one can start to play. */
export class SeekIndex {
  #layout;
  #timestampScale;
  #timeline;
  #cueTrack;
  #cues;

  /** @param {SeekIndexState} state */
  constructor({ layout, timestampScale, tracks, cues }) {
    this.#layout = layout;
    this.#timestampScale = timestampScale;
    this.#timeline = new Timeline(tracks);
    this.#cueTrack = chooseCueTrack(tracks);
    this.#cues = new CueIndex(this.#cueTrack.number, layout.headBytes - layout.cuesAt, cues);
  }

  get layout() {
    return this.#layout;
  }

  get durationMs() {
    return this.#timeline.end * this.#timestampScale / 1e6;
  }

  /** It was recorded for so long at least, whatever the blocks say. @param {number} ms */
  lasts(ms) {
    this.#timeline.lasts(ms * 1e6 / this.#timestampScale);
  }

  /**
   * @param {import('./cluster.js').Cluster['blocks']} blocks of the next Cluster of the output
   * @param {number} at where it starts
   * @param {number} until where it ends
   */
  note(blocks, at, until) {
    for (const { track, time, duration } of blocks) this.#timeline.note(track, time, duration);
    const { number, needsKey } = this.#cueTrack;
    const start = blocks.find(({ track, key }) => track === number && (key || !needsKey));
    if (start) this.#cues.add({ time: start.time, at, until, end: this.#timeline.end });
  }

  /**
   * @param {number} bytes what is covered, from the start of the output on
   * @param {boolean} all whether that is all there is
   * @returns {import('./layout.js').Patch[]} none where there is nothing to seek to yet
   */
  patches(bytes, all) {
    const cues = this.#cues.within(bytes);
    if (cues.length === 0) return [];
    const end = all ? this.#timeline.end : cues[cues.length - 1].end;
    return [durationPatch(this.#layout, end), ...cuesPatches(this.#layout, this.#cues.write(cues, this.#layout.segmentDataAt))];
  }

  /** @returns {SeekIndexState} */
  snapshot() {
    return { layout: this.#layout, timestampScale: this.#timestampScale, tracks: this.#timeline.tracks(), cues: this.#cues.cues() };
  }
}
