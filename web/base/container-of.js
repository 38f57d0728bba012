/** @typedef {'mp4' | 'webm'} Container */

/**
 * @param {string} contentType as MediaRecorder has it, or the broker
 * @returns {Container | null} null: neither of them
 */
export function containerOf(contentType) {
  return /** @type {Container | undefined} */ (/^(?:video|audio)\/(mp4|webm)\b/i.exec(contentType)?.[1].toLowerCase()) ?? null;
}
