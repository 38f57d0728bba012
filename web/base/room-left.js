/** A recording is written twice for a while: as it came, and as it goes. */
const WRITTEN_TIMES = 2;

/**
 * What the browser says of its disk, in bytes.
 *
 * @returns {Promise<{quota?: number, usage?: number}>} nothing where it does not say
 */
export async function estimateDisk() {
  try {
    return await globalThis.navigator?.storage?.estimate?.() ?? {};
  } catch {
    return {};
  }
}

/**
 * How much room a recording needs on the disk for so many minutes.
 *
 * @param {number} bytesPerMinute that it grows by
 * @param {number} minutes
 */
export function roomFor(bytesPerMinute, minutes) {
  return WRITTEN_TIMES * bytesPerMinute * minutes;
}

/**
 * For how long there is room, in whole minutes.
 *
 * @param {number} freeBytes
 * @param {number} bytesPerMinute
 */
export function minutesLeft(freeBytes, bytesPerMinute) {
  return Math.floor(freeBytes / Math.max(roomFor(bytesPerMinute, 1), 1));
}
