/** Reads MP4s by others' means. */

import * as MP4Box from 'mp4box';
import { packetHashes } from '../lib/media-tools.js';

/**
 * Track, times, size and hash of each packet. How long each lasts is left out: of fragments ffmpeg makes it up.
 *
 * @param {string} file
 */
export async function packetsOf(file) {
  const lines = (await packetHashes(file)).split('\n').filter((line) => /^\d/.test(line)).map((line) => line.split(/,\s*/));
  return lines.map(([track, dts, pts, , size, hash]) => [track, dts, pts, size, hash].join(' ')).sort();
}

/** @param {Uint8Array} bytes @returns {Promise<{info: import('mp4box').Movie, warnings: string[]}>} */
export async function readByMp4Box(bytes) {
  const warnings = [];
  const said = { ...console };
  for (const kind of ['warn', 'error']) console[kind] = (...what) => warnings.push(what.join(' '));
  MP4Box.Log.setLogLevel(MP4Box.Log.LOG_LEVEL_WARNING);
  try {
    const reader = MP4Box.createFile();
    const ready = new Promise((resolve, reject) => {
      reader.onReady = resolve;
      reader.onError = reject;
    });
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    reader.appendBuffer(Object.assign(buffer, { fileStart: 0 }));
    reader.flush();
    return { info: await ready, warnings };
  } finally {
    Object.assign(console, said);
  }
}
