/**
 * Saves a recording as a file. Browsers ignore `<a download>` for another origin, and the URL is signed for playing
 * inline: a plain link would only open a second player. So the bytes are fetched first; a large recording, which memory
 * may not hold, or one whose bucket lets no script read it, is left to the plain link.
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

/**
 * The name with the ending its type has, and without what file systems refuse.
 *
 * @param {string} name
 * @param {string} contentType
 */
export function fileNameFor(name, contentType) {
  const subtype = /^\w+\/(?:x-)?([\w-]+)/.exec(contentType)?.[1] ?? '';
  const ending = { quicktime: 'mov', matroska: 'mkv', mpeg: contentType.startsWith('audio/') ? 'mp3' : 'mpg' }[subtype] ?? subtype;
  const plain = name.replace(/[\p{Cc}"*/:<>?\\|]/gu, '-');
  return !ending || plain.toLowerCase().endsWith(`.${ending}`) ? plain : `${plain}.${ending}`;
}
