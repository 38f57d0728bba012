/**
 * Finds out what kind of recording a file is. Browsers know few extensions: `File.type` is empty for `IMG_0001.MOV`, .caf, .mka
 * or .m2ts. For .ogg it may be `application/ogg`, which says neither sound nor picture.
 */

import { RecorderError } from '../base/errors.js';
import { asMediaType } from '../capture/mime.js';
import { readBlob } from '../base/read-blob.js';

/** As the broker knows them (internal/session/mediatype.go); a test holds these against those. */
export const TYPE_OF_EXTENSION = /** @type {Readonly<Record<string, string>>} */ (Object.freeze({
  webm: 'video/webm', weba: 'audio/webm',
  mp4: 'video/mp4', m4v: 'video/mp4', m4a: 'audio/mp4', mov: 'video/quicktime', qt: 'video/quicktime', '3gp': 'video/3gpp', '3ga': 'audio/3gpp',
  mkv: 'video/x-matroska', mk3d: 'video/x-matroska', mka: 'audio/x-matroska',
  ogg: 'audio/ogg', oga: 'audio/ogg', opus: 'audio/ogg', ogv: 'video/ogg',
  mp3: 'audio/mpeg', wav: 'audio/wav', aac: 'audio/aac', flac: 'audio/flac', caf: 'audio/x-caf', aiff: 'audio/aiff', aif: 'audio/aiff', amr: 'audio/amr',
  ts: 'video/mp2t', m2ts: 'video/mp2t', mts: 'video/mp2t', avi: 'video/x-msvideo',
}));

/** Enough to see how it begins, and a second packet of a transport stream. */
const HEAD_BYTES = 512;
const PACKET_BYTES = 188;
const SYNC = 0x47;

/** How files begin: what stands where, and what that is. The first that fits counts. @type {[at: number, bytes: string, type: string][]} */
const BEGINNINGS = [
  [4, 'ftypqt  ', 'video/quicktime'],
  [4, 'ftypM4A', 'audio/mp4'],
  [4, 'ftyp3g', 'video/3gpp'],
  [4, 'ftyp', 'video/mp4'],
  [4, 'moov', 'video/quicktime'],
  [4, 'wide', 'video/quicktime'],
  [28, '\x80theora', 'video/ogg'],
  [0, 'OggS', 'audio/ogg'],
  [8, 'WAVE', 'audio/wav'],
  [8, 'AVI ', 'video/x-msvideo'],
  [8, 'AIF', 'audio/aiff'],
  [0, 'fLaC', 'audio/flac'],
  [0, 'caff', 'audio/x-caf'],
  [0, '#!AMR', 'audio/amr'],
  [0, 'ID3', 'audio/mpeg'],
  [0, '\xff\xfb', 'audio/mpeg'],
  [0, '\xff\xf1', 'audio/aac'],
  [0, '\xff\xf9', 'audio/aac'],
];

/**
 * @param {Blob & {name?: string}} file
 * @param {string} [given] what the caller says it is
 * @returns {Promise<string>} such as `video/mp4`
 * @throws {RecorderError} `invalid`, with `field`; `unreadable`
 */
export async function typeOfFile(file, given) {
  if (given !== undefined && !isRecording(given)) throw new RecorderError('invalid', `contentType: ${given} is neither video/… nor audio/…`, { field: 'contentType' });
  const type = given ?? (isRecording(file.type) ? file.type : typeOfExtension(file.name) ?? await typeOfBeginning(file));
  if (!type) throw new RecorderError('invalid', 'the file is no kind of recording that we know; contentType may say which', { field: 'type' });
  return asMediaType(type);
}

/** `video/*` is no type. @param {string} type */
function isRecording(type) {
  return /^(video|audio)\/[^\s*/;]+(\s*;|$)/i.test(type);
}

/** @param {string} [name] */
function typeOfExtension(name = '') {
  const extension = /\.(\w+)$/.exec(name)?.[1].toLowerCase() ?? '';
  return Object.hasOwn(TYPE_OF_EXTENSION, extension) ? TYPE_OF_EXTENSION[extension] : undefined;
}

/** @param {Blob} file */
async function typeOfBeginning(file) {
  const bytes = new Uint8Array(await readBlob(file.slice(0, HEAD_BYTES)));
  const head = String.fromCharCode(...bytes);
  if (head.startsWith('\x1aE\xdf\xa3')) return head.includes('webm') ? 'video/webm' : 'video/x-matroska';
  // Plain packets, or (.m2ts) each behind four bytes of time.
  for (const [at, every] of [[0, PACKET_BYTES], [4, PACKET_BYTES + 4]]) {
    if (bytes[at] === SYNC && bytes[at + every] === SYNC) return 'video/mp2t';
  }
  return BEGINNINGS.find(([at, begins]) => head.startsWith(begins, at))?.[2];
}
