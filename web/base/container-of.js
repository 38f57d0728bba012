/** @typedef {'mp4' | 'webm'} Container */

/**
 * @param {string} contentType as MediaRecorder or the broker gives it
 * @returns {Container | null} null for any other container
 */
export function containerOf(contentType) {
  return /** @type {Container | undefined} */ (/^(?:video|audio)\/(mp4|webm)\b/i.exec(contentType)?.[1].toLowerCase()) ?? null;
}
