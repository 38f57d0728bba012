/**
 * How far one track has come, in ticks.
 *
 * @typedef {object} Track
 * @property {number} number its TrackNumber
 * @property {number} type its TrackType
 * @property {number | null} last time of its last block; null where it has none
 * @property {number} gap the shortest time between two blocks, or what the head says of it
 * @property {number} end of the blocks that say how long they last
 */

/**
 * Finds out how long a recording is from its blocks.
 *
 * Most blocks do not say how long they last. The last one of a track is taken to last as long as the shortest time between
 * two of them: the usual distance would be wrong for a screen that stood still, or a hidden tab, where the last frame
 * may have come seconds after the one before and yet the recording ended at once.
 */
export class Timeline {
  /** @type {Map<number, Track>} */
  #tracks;
  #least = 0;

  /** @param {Track[]} tracks */
  constructor(tracks) {
    this.#tracks = new Map(tracks.map((track) => [track.number, { ...track }]));
  }

  /**
   * @param {number} number of its track; nobody plays a block of a track that Tracks does not name
   * @param {number} time of its next block, in ticks
   * @param {number | null} duration
   */
  note(number, time, duration) {
    const track = this.#tracks.get(number);
    if (!track) return;
    if (track.last !== null && time > track.last) track.gap = Math.min(track.gap, time - track.last);
    track.last = Math.max(track.last ?? 0, time);
    if (duration !== null) track.end = Math.max(track.end, time + duration);
  }

  /** What is recorded goes on though no block comes: a picture that stands still, sound that is suspended. @param {number} ticks */
  lasts(ticks) {
    this.#least = ticks;
  }

  /** The end of the last block, or of what lasts longer; in ticks from the start on. */
  get end() {
    return Math.max(this.#least, ...this.tracks().map(({ last, gap, end }) => Math.max(end, last === null ? 0 : last + gap)));
  }

  /** @returns {Track[]} good for a new Timeline */
  tracks() {
    return [...this.#tracks.values()].map((track) => ({ ...track }));
  }
}
