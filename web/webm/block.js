import { NotUnderstood } from '../container/not-understood.js';
import { children, readUint, readVint } from './ebml.js';
import { ID } from './matroska.js';

/**
 * What a SimpleBlock or a BlockGroup says without decoding it. The frames in it, laced or not, are never changed.
 *
 * @typedef {object} Block
 * @property {number} track its TrackNumber
 * @property {number} offset its time from the Cluster's Timestamp on, in ticks: -32768 to 32767
 * @property {boolean} key whether it decodes without others
 * @property {number | null} duration in ticks, where it says so
 */

/** Flag of a SimpleBlock (RFC 9559 section 10.2). */
const KEYFRAME = 0x80;

/**
 * @param {Uint8Array} bytes
 * @param {import('./ebml.js').Element} element a SimpleBlock or a BlockGroup that is wholly there
 * @returns {Block}
 * @throws {NotUnderstood}
 */
export function readBlock(bytes, element) {
  if (element.id === ID.BlockGroup) return readGroup(bytes, element);
  const { flags, ...timing } = readHeader(bytes, element);
  return { ...timing, key: (flags & KEYFRAME) !== 0, duration: null };
}

/** @param {Uint8Array} bytes @param {import('./ebml.js').Element} group @returns {Block} */
function readGroup(bytes, group) {
  let header = null;
  let key = true;
  let duration = null;
  for (const child of children(bytes, group)) {
    if (child.id === ID.Block) header = readHeader(bytes, child);
    else if (child.id === ID.ReferenceBlock) key = false;
    else if (child.id === ID.BlockDuration) duration = readUint(bytes, child);
  }
  if (!header) throw new NotUnderstood(`a BlockGroup without its Block, at ${group.at}`);
  return { track: header.track, offset: header.offset, key, duration };
}

/** The same in Block and SimpleBlock (RFC 9559 sections 10.1 and 10.2). */
function readHeader(/** @type {Uint8Array} */ bytes, /** @type {import('./ebml.js').Element} */ { dataAt, end }) {
  const { value: track, end: offsetAt } = readVint(bytes, dataAt);
  if (offsetAt + 3 > end) throw new NotUnderstood(`a block too short for its header, at ${dataAt}`);
  const offset = (bytes[offsetAt] << 24 >> 16) | bytes[offsetAt + 1];
  return { track, offset, flags: bytes[offsetAt + 2] };
}
