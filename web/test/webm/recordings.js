/**
 * What browsers recorded, and ways to pass it through {@link SeekableWebm}.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NotUnderstood } from '../../container/not-understood.js';
import { readElement } from '../../webm/ebml.js';
import { ID } from '../../webm/matroska.js';
import { SeekableWebm } from '../../webm/seekable.js';

const FOLDER = path.join(import.meta.dirname, 'fixtures');
const FACTS = JSON.parse(readFileSync(path.join(FOLDER, 'recordings.json'), 'utf8'));

/** @param {string} file */
export function readFixture(file) {
  return new Uint8Array(readFileSync(path.join(FOLDER, file)));
}

/** Files that are not live WebM: Chromium writes a finished file where it is asked for a single slice. */
export const OTHERS = ['chromium-mp4.mp4', 'chromium-one-slice.webm', 'firefox-ogg.ogg'];

/** The live WebM recordings. slices: their sizes as the browser delivered them. */
export const RECORDINGS = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.webm') && !OTHERS.includes(file))
  .map((file) => ({ name: path.parse(file).name, raw: readFixture(file), ...FACTS[file] }));

/**
 * @param {Iterable<Uint8Array<ArrayBuffer>>} slices
 * @param {SeekableWebm} [webm]
 */
export function pass(slices, webm = new SeekableWebm()) {
  const output = [];
  for (const slice of slices) output.push(...webm.push(slice));
  output.push(...webm.finish());
  return { webm, output: Buffer.concat(output) };
}

/**
 * Everything that carries media, in order, as far as the bytes can be read: Timestamps, SimpleBlocks and BlockGroups.
 *
 * @param {Uint8Array} bytes
 */
export function mediaOf(bytes) {
  const media = [];
  const open = [ID.Segment, ID.Cluster];
  const carriers = [ID.Timestamp, ID.SimpleBlock, ID.BlockGroup];
  try {
    for (let at = 0, element; (element = readElement(bytes, at)); at = open.includes(element.id) ? element.dataAt : element.end) {
      if (carriers.includes(element.id) && element.end <= bytes.length) media.push(Buffer.from(bytes.subarray(at, element.end)).toString('base64'));
    }
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
  }
  return media;
}
