/**
 * A clock for lives and silences, in milliseconds. It never goes back, and goes on while the machine sleeps: a browser's
 * monotonic clock stands still then on some systems, and its wall clock is set by people. So each reading advances by
 * what the monotonic clock says, or by what the wall clock says where that is much more.
 */

/** Less is the drift and the correction of clocks. */
const JUMP_MS = 2000;

export class AwakeClock {
  #monotonic;
  #wall;
  #seenMonotonic;
  #seenWall;
  #slept = 0;

  /** @param {{monotonic?: () => number, wall?: () => number}} [clocks] */
  constructor({ monotonic = () => performance.now(), wall = () => Date.now() } = {}) {
    this.#monotonic = monotonic;
    this.#wall = wall;
    this.#seenMonotonic = monotonic();
    this.#seenWall = wall();
  }

  now() {
    const [monotonic, wall] = [this.#monotonic(), this.#wall()];
    const unseen = (wall - this.#seenWall) - (monotonic - this.#seenMonotonic);
    if (unseen > JUMP_MS) this.#slept += unseen;
    this.#seenMonotonic = monotonic;
    this.#seenWall = wall;
    return monotonic + this.#slept;
  }
}
