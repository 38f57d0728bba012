/**
 * Only one Worker at a time works on a recording: the one that holds the recording's Web Lock. The browser releases the lock
 * when the Worker ends, for whatever reason.
 *
 * Some browsers have no locks, and some sites may not use them (if their storage is denied, as in a frame on another site).
 * As a rule these have no disk either, so there is nothing that two Workers could work on.
 */

const PREFIX = 'slipway-recording-';

/**
 * Takes the lock for as long as this Worker lives, or until it is released.
 *
 * @param {string} id
 * @returns {Promise<(() => void) | null>} a function that releases the lock; null if another Worker holds it
 */
export function takeLock(id) {
  return new Promise((resolve) => {
    const held = (/** @type {Lock | null} */ lock) => {
      if (!lock) return resolve(null);
      return new Promise((release) => resolve(() => release(undefined)));
    };
    locks((manager) => manager.request(PREFIX + id, { ifAvailable: true }, held), () => resolve(() => {}));
  });
}

/** @returns {Promise<Set<string>>} the ids of the recordings that a Worker of any tab is working on */
export async function lockedIds() {
  /** @type {LockManagerSnapshot} */
  const { held = [] } = await locks((manager) => manager.query(), () => ({}));
  const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)));
}

/**
 * @template T
 * @param {(manager: LockManager) => Promise<T>} use
 * @param {() => any} without is called if locks cannot be used; even looking at them may throw
 */
async function locks(use, without) {
  try {
    if (globalThis.navigator?.locks) return await use(navigator.locks);
  } catch {}
  return without();
}
