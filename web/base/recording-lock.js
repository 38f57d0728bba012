/**
 * One Worker works on one recording: whoever holds its Web Lock. The browser lets go of it when the Worker ends, however
 * it ends.
 *
 * A browser without locks, and a site that may not use them (one whose storage is denied, such as a frame on another site),
 * has no disk either as a rule, and so nothing that two could work on.
 */

const PREFIX = 'slipway-recording-';

/**
 * Takes the lock for as long as this Worker lives, or until it is released.
 *
 * @param {string} id
 * @returns {Promise<(() => void) | null>} releases it; null where somebody else holds it
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

/** @returns {Promise<Set<string>>} the ids of recordings that a Worker of any tab is at work on */
export async function lockedIds() {
  /** @type {LockManagerSnapshot} */
  const { held = [] } = await locks((manager) => manager.query(), () => ({}));
  const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)));
}

/**
 * @template T
 * @param {(manager: LockManager) => Promise<T>} use
 * @param {() => any} without what is done where they cannot be used; even to look at them may throw
 */
async function locks(use, without) {
  try {
    if (globalThis.navigator?.locks) return await use(navigator.locks);
  } catch {}
  return without();
}
