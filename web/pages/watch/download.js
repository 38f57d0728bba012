/**
 * Saves a recording as a file, and shows how far that is: the bytes are fetched first. A large recording, which memory
 * may not hold, or one whose bucket lets no script read it, is left to the plain link: its URL is signed as an attachment.
 */

/** Chromium holds about 500 MB of such data on a small machine (measured, 2026-11-22). */
export const FETCHED_AT_MOST = 400e6;

/**
 * @param {string} url
 * @param {string} fileName
 * @param {(share: number) => void} onProgress 0 to 1
 * @throws where the URL cannot be read
 */
export async function saveFile(url, fileName, onProgress) {
  const response = await fetch(url, { credentials: 'omit', cache: 'no-store' });
  if (!response.ok || !response.body) throw new Error(`download: status ${response.status}`);
  const blob = new Blob(await allOf(response.body, Number(response.headers.get('Content-Length')), onProgress));
  const local = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: local, download: fileName }).click();
  setTimeout(() => URL.revokeObjectURL(local), 60_000);
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @param {number} size
 * @param {(share: number) => void} onProgress
 */
async function allOf(stream, size, onProgress) {
  const pieces = [];
  const reader = stream.getReader();
  for (let got = 0, next = await reader.read(); !next.done; next = await reader.read()) {
    pieces.push(next.value);
    got += next.value.length;
    if (size > 0) onProgress(got / size);
  }
  return pieces;
}

/** As the broker names them (internal/session/mediatype.go); a test holds these against those. The first is added. */
export const ENDINGS = /** @type {Readonly<Record<string, string[]>>} */ (Object.freeze({
  'video/webm': ['webm'], 'audio/webm': ['webm', 'weba'],
  'video/mp4': ['mp4', 'm4v'], 'audio/mp4': ['m4a', 'mp4'], 'video/quicktime': ['mov', 'qt'], 'video/3gpp': ['3gp'], 'audio/3gpp': ['3ga', '3gp'],
  'video/x-matroska': ['mkv', 'mk3d'], 'audio/x-matroska': ['mka'],
  'audio/ogg': ['ogg', 'oga', 'opus'], 'video/ogg': ['ogv', 'ogg'],
  'audio/mpeg': ['mp3'], 'audio/wav': ['wav'], 'audio/aac': ['aac'], 'audio/flac': ['flac'], 'audio/x-caf': ['caf'], 'audio/aiff': ['aiff', 'aif'], 'audio/amr': ['amr'],
  'video/mp2t': ['ts', 'm2ts', 'mts'], 'video/x-msvideo': ['avi'],
}));

/**
 * The name with an ending its type has, and without what file systems refuse.
 *
 * @param {string} name
 * @param {string} contentType of one that is not known the ending of any recording will do, and a program's will not
 */
export function fileNameFor(name, contentType) {
  const known = ENDINGS[contentType.split(';')[0].trim().toLowerCase()];
  const plain = name.replace(/[\p{Cc}"*/:<>?\\|]/gu, '-');
  const fits = (known ?? Object.values(ENDINGS).flat()).some((ending) => plain.toLowerCase().endsWith(`.${ending}`));
  return fits ? plain : `${plain}.${known?.[0] ?? 'bin'}`;
}
