/**
 * A recording's type in words that people know. A MIME type on the page would help nobody who just wants to watch.
 */

import { mayPlay } from './may-play.js';

/** By how a codec's name begins (RFC 6381 and what browsers write). */
const CODECS = Object.freeze([
  ['avc1', 'H.264 video'], ['avc3', 'H.264 video'], ['hvc1', 'H.265 (HEVC) video'], ['hev1', 'H.265 (HEVC) video'],
  ['vp8', 'VP8 video'], ['vp08', 'VP8 video'], ['vp9', 'VP9 video'], ['vp09', 'VP9 video'], ['av1', 'AV1 video'], ['av01', 'AV1 video'],
  ['mp4v', 'MPEG-4 video'], ['theora', 'Theora video'],
  ['mp4a.69', 'MP3 sound'], ['mp4a.6b', 'MP3 sound'], ['mp3', 'MP3 sound'], ['mp4a', 'AAC sound'], ['opus', 'Opus sound'], ['vorbis', 'Vorbis sound'],
  ['flac', 'FLAC sound'], ['alac', 'Apple Lossless sound'], ['ac-3', 'Dolby Digital sound'], ['ec-3', 'Dolby Digital Plus sound'], ['pcm', 'uncompressed sound'],
]);

const CONTAINERS = /** @type {Readonly<Record<string, string>>} */ (Object.freeze({
  webm: 'WebM', mp4: 'MP4', quicktime: 'QuickTime (MOV)', '3gpp': '3GP', 'x-matroska': 'Matroska (MKV)', ogg: 'Ogg', mpeg: 'MP3', wav: 'WAV', aac: 'AAC', flac: 'FLAC',
  'x-caf': 'CAF', aiff: 'AIFF', amr: 'AMR', mp2t: 'MPEG-TS', 'x-msvideo': 'AVI',
}));

/**
 * What of a recording a player does not know, such as `H.264 video` or `QuickTime (MOV) files`. Where it does not say,
 * all that the recording is made of.
 *
 * @param {Pick<HTMLVideoElement, 'canPlayType'>} video
 * @param {string} type such as `video/mp4;codecs="avc1,opus"`
 * @returns {string}
 */
export function unknownTo(video, type) {
  const { media, codecs } = partsOf(type);
  if (!mayPlay(video, media)) return codecs.length ? listed(codecs) : filesOf(media);
  const unknown = codecs.filter((codec) => !mayPlay(video, `${media};codecs="${codec}"`));
  return codecs.length ? listed(unknown.length ? unknown : codecs) : filesOf(media);
}

/** @param {string} type */
function partsOf(type) {
  const [media] = type.split(';');
  const [, codecs = ''] = /;\s*codecs\s*=\s*"?([^";]*)/i.exec(type) ?? [];
  return { media: media.trim().toLowerCase(), codecs: codecs.split(',').map((codec) => codec.trim()).filter(Boolean) };
}

/** @param {string[]} codecs */
function listed(codecs) {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(new Set(codecs.map(wordsOf)));
}

/** @param {string} codec one that nobody here knows is called as the browser called it */
function wordsOf(codec) {
  return CODECS.find(([begin]) => codec.toLowerCase().startsWith(begin))?.[1] ?? codec;
}

/** @param {string} media */
function filesOf(media) {
  const [, kind = ''] = media.split('/');
  return CONTAINERS[kind] ? `${CONTAINERS[kind]} files` : 'this kind of file';
}
