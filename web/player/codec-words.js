/**
 * A recording's type in words that people know. A MIME type on the page would help nobody who just wants to watch.
 */

import { Words } from '../messages/words.js';
import { mayPlay } from './may-play.js';

/** @typedef {import('../messages/words.js').Words<'watch'>} WatchWords */

/** By how a codec's name begins (RFC 6381 and what browsers write). */
const CODECS = Object.freeze([
  ['avc1', 'H.264', 'video'], ['avc3', 'H.264', 'video'], ['hvc1', 'H.265 (HEVC)', 'video'], ['hev1', 'H.265 (HEVC)', 'video'],
  ['vp8', 'VP8', 'video'], ['vp08', 'VP8', 'video'], ['vp9', 'VP9', 'video'], ['vp09', 'VP9', 'video'], ['av1', 'AV1', 'video'], ['av01', 'AV1', 'video'],
  ['mp4v', 'MPEG-4', 'video'], ['theora', 'Theora', 'video'],
  ['mp4a.69', 'MP3', 'sound'], ['mp4a.6b', 'MP3', 'sound'], ['mp3', 'MP3', 'sound'], ['mp4a', 'AAC', 'sound'], ['opus', 'Opus', 'sound'], ['vorbis', 'Vorbis', 'sound'],
  ['flac', 'FLAC', 'sound'], ['alac', 'Apple Lossless', 'sound'], ['ac-3', 'Dolby Digital', 'sound'], ['ec-3', 'Dolby Digital Plus', 'sound'], ['pcm', '', 'sound'],
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
 * @param {WatchWords} [words] English unless given
 * @returns {string}
 */
export function unknownTo(video, type, words = new Words('watch')) {
  const { media, codecs } = partsOf(type);
  if (!mayPlay(video, media)) return codecs.length ? listed(codecs, words) : filesOf(media, words);
  const unknown = codecs.filter((codec) => !mayPlay(video, `${media};codecs="${codec}"`));
  return codecs.length ? listed(unknown.length ? unknown : codecs, words) : filesOf(media, words);
}

/** @param {string} type */
function partsOf(type) {
  const [media] = type.split(';');
  const [, codecs = ''] = /;\s*codecs\s*=\s*"?([^";]*)/i.exec(type) ?? [];
  return { media: media.trim().toLowerCase(), codecs: codecs.split(',').map((codec) => codec.trim()).filter(Boolean) };
}

/** @param {string[]} codecs @param {WatchWords} words */
function listed(codecs, words) {
  return words.list([...new Set(codecs.map((codec) => wordsOf(codec, words)))]);
}

/** @param {string} codec one that nobody here knows is called as the browser called it @param {WatchWords} words */
function wordsOf(codec, words) {
  const [, name, kind] = CODECS.find(([begin]) => codec.toLowerCase().startsWith(begin)) ?? [];
  if (name === '') return words.text('uncompressed');
  return name ? words.text(kind === 'video' ? 'videoOf' : 'soundOf', { codec: name }) : codec;
}

/** @param {string} media @param {WatchWords} words */
function filesOf(media, words) {
  const [, kind = ''] = media.split('/');
  return CONTAINERS[kind] ? words.text('filesOf', { container: CONTAINERS[kind] }) : words.text('thisFile');
}
