/**
 * A clock in milliseconds, to measure how long a URL still lives or how long nothing has come. It never goes back, and it
 * goes on while the machine sleeps. On some systems a browser's monotonic clock stops while the machine sleeps, and people
 * can set the wall clock. So each reading advances by the monotonic clock, or by the wall clock if that advanced much more.
 */

/** A smaller difference is only the drift and the correction of clocks. */
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
