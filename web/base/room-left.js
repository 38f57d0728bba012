/** For a while a recording is on the disk twice: as MediaRecorder gave it, and as it goes to S3. */
const WRITTEN_TIMES = 2;

/**
 * How much space the browser says there is, in bytes.
 *
 * @returns {Promise<{quota?: number, usage?: number}>} empty if it does not say
 */
export async function estimateDisk() {
  try {
    return await globalThis.navigator?.storage?.estimate?.() ?? {};
  } catch {
    return {};
  }
}

/**
 * How many bytes a recording needs on the disk for so many minutes.
 *
 * @param {number} bytesPerMinute by which it grows
 * @param {number} minutes
 */
export function roomFor(bytesPerMinute, minutes) {
  return WRITTEN_TIMES * bytesPerMinute * minutes;
}

/**
 * For how many whole minutes there is space.
 *
 * @param {number} freeBytes
 * @param {number} bytesPerMinute
 */
export function minutesLeft(freeBytes, bytesPerMinute) {
  return Math.floor(freeBytes / Math.max(roomFor(bytesPerMinute, 1), 1));
}
