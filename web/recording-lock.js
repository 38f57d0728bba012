/**
 * One Worker works on one recording: whoever holds its Web Lock. The browser lets go of it when the Worker ends, however
 * it ends.
 */

const PREFIX = 'slipway-recording-';

/**
 * Takes the lock for as long as this Worker lives, or until it is released.
 *
 * @param {string} id
 * @returns {Promise<(() => void) | null>} releases it; null where somebody else holds it
 */
export function takeLock(id) {
  // Without locks (no secure context) there is no disk either, and so nothing that two could work on.
  if (!globalThis.navigator?.locks) return Promise.resolve(() => {});
  return new Promise((resolve, reject) => {
    const held = (/** @type {Lock | null} */ lock) => {
      if (!lock) return resolve(null);
      return new Promise((release) => resolve(() => release(undefined)));
    };
    navigator.locks.request(PREFIX + id, { ifAvailable: true }, held).catch(reject);
  });
}

/** @returns {Promise<Set<string>>} the ids of recordings that a Worker of any tab is at work on */
export async function lockedIds() {
  const { held = [] } = await globalThis.navigator?.locks?.query() ?? {};
  const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)));
}
