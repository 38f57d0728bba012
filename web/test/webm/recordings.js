/**
 * What browsers recorded, and ways to pass it through {@link SeekableWebm}.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NotUnderstood, readElement } from '../../webm/ebml.js';
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
 * The input in slices.
 *
 * @param {Uint8Array<ArrayBuffer>} input
 * @param {() => number} nextSize
 */
export function* slicesOf(input, nextSize) {
  for (let at = 0, size; at < input.length; at += size) {
    size = nextSize();
    yield input.subarray(at, at + size);
  }
}

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

/** @param {Uint8Array} bytes @param {{at: number, bytes: Uint8Array}[]} patches */
export function patch(bytes, patches) {
  const patched = Buffer.from(bytes);
  for (const { at, bytes: by } of patches) patched.set(by, at);
  return patched;
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

/**
 * Numbers that look random and are the same in every run.
 *
 * @param {number} seed
 * @returns {(below: number) => number} an integer from 0 on
 */
export function randomFrom(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}
