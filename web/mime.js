/**
 * Which container and codecs to record.
 */

import { RecorderError } from './errors.js';

const VIDEO = ['video/webm;codecs=vp9,opus', 'video/webm;codecs=vp8,opus', 'video/webm', 'video/mp4'];
const SILENT_VIDEO = ['video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm', 'video/mp4'];
const AUDIO = ['audio/webm;codecs=opus', 'audio/webm', 'audio/ogg;codecs=opus', 'audio/mp4'];

/**
 * Types to try, the best first: WebM, because a live WebM plays well as one file and can be made seekable later; MP4
 * where nothing else is recorded (Safari).
 *
 * @param {{video: boolean, audio: boolean, weak?: boolean}} tracks weak: few cores, where encoding VP9 live costs frames
 * @returns {string[]}
 */
export function candidates({ video, audio, weak = false }) {
  if (!video) return AUDIO;
  const [vp9, vp8, ...others] = audio ? VIDEO : SILENT_VIDEO;
  return weak ? [vp8, vp9, ...others] : [vp9, vp8, ...others];
}

/**
 * The type to record.
 *
 * @param {{video: boolean, audio: boolean, weak?: boolean}} tracks
 * @param {(type: string) => boolean} isSupported MediaRecorder.isTypeSupported
 * @param {string} [wished] used if it is supported
 * @returns {string}
 * @throws {RecorderError} `not-supported`
 */
export function chooseMimeType(tracks, isSupported, wished) {
  const types = wished ? [wished] : candidates(tracks);
  const type = types.find((candidate) => isSupported(candidate));
  if (!type) throw new RecorderError('not-supported', `this browser records none of ${types.join(', ')}`, { field: 'contentType' });
  return type;
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
