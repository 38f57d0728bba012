/**
 * Plays a recording as a person would, and tells how that went.
 *
 * @typedef {object} Playback
 * @property {string} mayPlay what canPlayType says
 * @property {number} [metadataMs] after so long its length and size were known
 * @property {number | null} [durationS] null: it says that it has no end
 * @property {number} [width]
 * @property {number} [height]
 * @property {number} [beganMs] after so long it had played half a second
 * @property {number} [soughtMs] after so long it played at 80 % of its length
 * @property {string} [error]
 */

import { within } from '../../base/within.js';

const WITHIN_MS = 15_000;
/** So far it plays before that counts, in seconds. */
const PLAYED_S = 0.5;
const AFTER_SEEK_S = 0.2;

/**
 * @param {HTMLVideoElement} video
 * @param {string} url
 * @param {string} type
 * @returns {Promise<Playback>} never rejects
 */
export async function tryPlayback(video, url, type) {
  /** @type {Playback} */
  const played = { mayPlay: video.canPlayType(type) };
  const began = performance.now();
  const tookMs = () => Math.round(performance.now() - began);
  try {
    const known = happens(video, 'loadedmetadata', () => true);
    video.src = url;
    await known;
    Object.assign(played, { metadataMs: tookMs(), durationS: Number.isFinite(video.duration) ? video.duration : null, width: video.videoWidth, height: video.videoHeight });
    const plays = happens(video, 'timeupdate', () => video.currentTime >= PLAYED_S);
    await video.play();
    await plays;
    played.beganMs = tookMs();
    if (played.durationS) played.soughtMs = await seek(video, played.durationS * 0.8);
    video.pause();
  } catch (error) {
    played.error = video.error ? `${video.error.code}: ${video.error.message}` : String(error);
  }
  return played;
}

/** @param {HTMLVideoElement} video @param {number} to seconds @returns {Promise<number>} ms */
async function seek(video, to) {
  const began = performance.now();
  const there = happens(video, 'timeupdate', () => !video.seeking && video.currentTime >= to + AFTER_SEEK_S);
  video.currentTime = to;
  await there;
  return Math.round(performance.now() - began);
}

/**
 * @param {HTMLVideoElement} video @param {string} name of an event @param {() => boolean} when
 * @returns {Promise<void>} rejects on an error of the player, or when it takes too long
 */
function happens(video, name, when) {
  const ending = new AbortController();
  const heard = new Promise((resolve, reject) => {
    video.addEventListener(name, () => { if (when()) resolve(undefined); }, { signal: ending.signal });
    video.addEventListener('error', () => reject(new Error('the player gives up')), { signal: ending.signal });
  });
  heard.catch(() => {}); // whoever waits hears of it, also when that is later
  return within(WITHIN_MS, () => heard).catch((error) => { throw video.error ? error : new Error(`no ${name} in time: ${error.message}`); }).finally(() => ending.abort());
}
