/**
 * Captions from another origin. A `<track>` of another origin needs `crossorigin` on the video. Then the video itself plays
 * only where the bucket's CORS rules allow it. So the text is fetched, and the track's address is on this page.
 */

/** The broker signs no more (internal/session/captions.go). */
export const MAX_CAPTIONS_BYTES = 1_000_000;
const FETCHED_WITHIN_MS = 15_000;

/**
 * Adds captions to a player, and shows them. Without them the recording plays as well.
 *
 * @param {HTMLVideoElement} player
 * @param {string} url
 * @param {string} label
 */
export async function addCaptions(player, url, label) {
  try {
    const response = await fetch(url, { credentials: 'omit', signal: AbortSignal.timeout(FETCHED_WITHIN_MS) });
    if (!response.ok || Number(response.headers.get('Content-Length')) > MAX_CAPTIONS_BYTES) return;
    const text = new Blob([await response.arrayBuffer()], { type: 'text/vtt' });
    const track = Object.assign(document.createElement('track'), { kind: 'captions', label, src: URL.createObjectURL(text), default: true });
    player.append(track);
    track.track.mode = 'showing';
  } catch { /* CORS rules that let no page read, or no network: the browser's console says which */ }
}
