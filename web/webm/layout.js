/**
 * The head that we write. For everything that is known only later it has a slot: a Void element of fixed length. Readers skip a
 * Void, and a patch replaces it.
 *
 *     EBML | Segment, size unknown | [SeekHead] | Info {[Duration], …} | Tracks, … | [Cues] | Cluster …
 */

import { concat } from '../container/concat.js';
import { element, floatElement, liveHeader, sizeBytes, uintElement, voidElement } from './ebml.js';
import { ID } from './matroska.js';

/**
 * Offsets in the output, in bytes.
 *
 * @typedef {object} Layout
 * @property {number} segmentDataAt where the Segment's data starts, which all positions in the file are counted from
 * @property {number} seekHeadAt
 * @property {number} infoAt
 * @property {number} durationAt
 * @property {number} tracksAt
 * @property {number} cuesAt
 * @property {number} headBytes where the first Cluster starts
 */

/** The size of a Segment, in the form that leaves room for every one. In bytes. */
const SEGMENT_SIZE_BYTES = 8;

/** Of a SeekPosition: the whole head is far below 4 GiB. */
const POSITION_BYTES = 4;

/**
 * @param {import('./head.js').Head} head
 * @param {number} reserveBytes for Cues, 2 or more
 * @returns {{bytes: Uint8Array<ArrayBuffer>, layout: Layout}}
 */
export function layOut(head, reserveBytes) {
  const start = concat([head.ebml, liveHeader(ID.Segment)]);
  const seekHeadSlot = voidElement(seekHead({ segmentDataAt: 0, infoAt: 0, tracksAt: 0, cuesAt: 0 }).length);
  const durationSlot = voidElement(floatElement(ID.Duration, 0).length);
  const info = element(ID.Info, durationSlot, ...head.info);
  const infoDataBytes = concat([durationSlot, ...head.info]).length;

  const seekHeadAt = start.length;
  const infoAt = seekHeadAt + seekHeadSlot.length;
  const tracksAt = infoAt + info.length;
  const bytes = concat([start, seekHeadSlot, info, ...head.others, voidElement(reserveBytes)]);
  return {
    bytes,
    layout: {
      segmentDataAt: start.length,
      seekHeadAt,
      infoAt,
      durationAt: tracksAt - infoDataBytes,
      tracksAt,
      cuesAt: bytes.length - reserveBytes,
      headBytes: bytes.length,
    },
  };
}

/** @typedef {import('../container/flow.js').Patch} Patch */

/** @param {Layout} layout @param {number} end of the last block, in ticks @returns {Patch} */
export function durationPatch({ durationAt }, end) {
  return { at: durationAt, bytes: floatElement(ID.Duration, end) };
}

/**
 * @param {Layout} layout
 * @param {Uint8Array} cues at least 2 bytes shorter than the slot, which a Void needs
 * @returns {Patch[]}
 */
export function cuesPatches(layout, cues) {
  const slotBytes = layout.headBytes - layout.cuesAt;
  return [
    { at: layout.seekHeadAt, bytes: seekHead(layout) },
    { at: layout.cuesAt, bytes: concat([cues, voidElement(slotBytes - cues.length)]) },
  ];
}

/** @param {Layout} layout @param {number} fileBytes of the finished file @returns {Patch} */
export function segmentSizePatch({ segmentDataAt }, fileBytes) {
  return {
    at: segmentDataAt - SEGMENT_SIZE_BYTES,
    bytes: Uint8Array.from(sizeBytes(fileBytes - segmentDataAt, SEGMENT_SIZE_BYTES)),
  };
}

/** Of the same length whatever the positions. */
function seekHead(/** @type {Pick<Layout, 'segmentDataAt' | 'infoAt' | 'tracksAt' | 'cuesAt'>} */ { segmentDataAt, infoAt, tracksAt, cuesAt }) {
  const seek = (/** @type {number} */ id, /** @type {number} */ at) => element(
    ID.Seek, uintElement(ID.SeekID, id), uintElement(ID.SeekPosition, at - segmentDataAt, POSITION_BYTES),
  );
  return element(ID.SeekHead, seek(ID.Info, infoAt), seek(ID.Tracks, tracksAt), seek(ID.Cues, cuesAt));
}
