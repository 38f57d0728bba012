/** What browsers recorded, and ways to pass it through {@link SeekableMp4}. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SeekableMp4 } from '../../mp4/seekable.js';
import { patch } from '../lib/rewriting.js';

const FOLDER = path.join(import.meta.dirname, 'fixtures');
const FACTS = JSON.parse(readFileSync(path.join(FOLDER, 'recordings.json'), 'utf8'));

/** slices: their sizes as the browser delivered them. */
export const RECORDINGS = readdirSync(FOLDER).filter((file) => file.endsWith('.mp4'))
  .map((file) => ({ name: path.parse(file).name, raw: new Uint8Array(readFileSync(path.join(FOLDER, file))), ...FACTS[file] }));

/** @param {string} name */
export const recording = (name) => RECORDINGS.find((candidate) => candidate.name === name);

/** Both forms of the end: there is room for the moov in front, or there is none. */
export const FORMS = [{ place: 'front', reserveBytes: null }, { place: 'end', reserveBytes: 256 }];

/**
 * @param {Iterable<Uint8Array<ArrayBuffer>>} slices
 * @param {SeekableMp4} [mp4]
 * @param {Parameters<SeekableMp4['finish']>[0]} [how]
 */
export function pass(slices, mp4 = new SeekableMp4(), how = {}) {
  const output = [];
  for (const slice of slices) output.push(...mp4.push(slice));
  output.push(...mp4.finish(how));
  return { mp4, output: Buffer.concat(output) };
}

/** The whole of it, patched. @param {Uint8Array<ArrayBuffer>} raw @param {number | null} [reserveBytes] */
export function ordinary(raw, reserveBytes = null) {
  const { mp4, output } = pass([raw], new SeekableMp4({ reserveBytes }));
  return { mp4, output, file: patch(output, mp4.patches()) };
}
