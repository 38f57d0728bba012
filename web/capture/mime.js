/**
 * Which container and codecs to record.
 */

import { RecorderError } from '../base/errors.js';

/** @typedef {'auto' | import('../base/container-of.js').Container} ContainerOption */

export const CONTAINERS = Object.freeze(['auto', 'mp4', 'webm']);

const VP9_FIRST = ['vp9', 'vp8'];
/** With few cores VP9 costs frames. */
const VP8_FIRST = ['vp8', 'vp9'];
/**
 * H.264, which plays everywhere. With avc3 its parameters stand in the stream. With avc1 Chromium keeps those of the beginning
 * only: from where a shared window changes its size nothing can be decoded any more (156, 2026-11-30). Apple's engine has to
 * write avc1, and what it does then is not known.
 */
const MP4_PICTURES = ['avc3', 'avc1'];
const APPLES_PICTURES = ['avc1'];
/** AAC before Opus, which an old iPhone does not play in MP4. */
const MP4_SOUNDS = ['mp4a.40.2', 'opus'];

/**
 * @typedef {object} Tracks
 * @property {boolean} video
 * @property {boolean} audio
 * @property {boolean} [weak] few cores
 *
 * @typedef {object} Wish
 * @property {string} [contentType] used if it is supported
 * @property {ContainerOption} [container]
 * @property {boolean} [apple] see {@link isApples}
 */

/**
 * Types to try, the best first. Where nothing is asked for, WebM comes first, and in Apple's engine MP4: docs/decisions.md has
 * what was measured. Ogg is for a browser that records sound in nothing else.
 *
 * @param {Tracks} tracks
 * @param {Wish} wish
 * @returns {string[]}
 */
function candidates(tracks, { container = 'auto', apple }) {
  if (container === 'mp4') return mp4(tracks, apple);
  if (container === 'webm') return webm(tracks);
  const ogg = tracks.video ? [] : ['audio/ogg;codecs=opus'];
  return apple ? [...mp4(tracks, apple), ...webm(tracks), ...ogg] : [...webm(tracks), ...ogg, ...mp4(tracks)];
}

/** @param {Tracks} tracks @returns {string[]} */
function webm({ video, audio, weak }) {
  if (!video) return ['audio/webm;codecs=opus', 'audio/webm'];
  const pictures = weak ? VP8_FIRST : VP9_FIRST;
  return [...pictures.map((picture) => `video/webm;codecs=${picture}${audio ? ',opus' : ''}`), 'video/webm'];
}

/** @param {Tracks} tracks @param {boolean} [apple] @returns {string[]} */
function mp4({ video, audio }, apple) {
  if (!video) return [...MP4_SOUNDS.map((sound) => `audio/mp4;codecs=${sound}`), 'audio/mp4'];
  const pictures = apple ? APPLES_PICTURES : MP4_PICTURES;
  const codecs = audio ? pictures.flatMap((picture) => MP4_SOUNDS.map((sound) => `${picture},${sound}`)) : pictures;
  return [...codecs.map((all) => `video/mp4;codecs=${all}`), 'video/mp4'];
}

/**
 * The type to record.
 *
 * @param {Tracks} tracks
 * @param {(type: string) => boolean} isSupported MediaRecorder.isTypeSupported
 * @param {Wish} [wish]
 * @returns {string}
 * @throws {RecorderError} `not-supported`
 */
export function chooseMimeType(tracks, isSupported, wish = {}) {
  const types = wish.contentType ? [wish.contentType] : candidates(tracks, wish);
  const type = types.find((candidate) => isSupported(candidate));
  if (type) return type;
  const field = wish.contentType || (wish.container ?? 'auto') === 'auto' ? 'contentType' : 'container';
  throw new RecorderError('not-supported', `this browser records none of ${types.join(', ')}`, { field });
}

/**
 * A browser's MIME type as HTTP writes it: MediaRecorder says `video/webm;codecs=vp8,opus`, but a value with a comma
 * in it has to stand in quotes (RFC 9110 section 5.6.6, RFC 6381), and a strict reader refuses it otherwise.
 *
 * @param {string} type
 * @returns {string}
 */
export function asMediaType(type) {
  return type.replace(/=\s*([^";]*[^";\s])/g, (whole, value) => (TOKEN.test(value) ? whole : `="${value}"`));
}

/** What needs no quotes (RFC 9110 section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
