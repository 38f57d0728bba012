/**
 * Writes live WebM by hand, for what no browser records in a test's time, or at all.
 */

import { concat } from '../../container/concat.js';
import { element, floatElement, liveHeader, toBytes, uintElement } from '../../webm/ebml.js';
import { AUDIO, ID, VIDEO } from '../../webm/matroska.js';

export const PICTURE = 1;
export const SOUND = 2;

export const text = (id, value) => element(id, new TextEncoder().encode(value));

/** @param {number} id @param {...(Uint8Array | number[])} content of an element of unknown size */
export const live = (id, ...content) => concat([liveHeader(id), ...content]);

export const ebml = (docType = 'webm') => element(ID.EBML, text(ID.DocType, docType));
export const info = (...more) => element(ID.Info, uintElement(ID.TimestampScale, 1_000_000), ...more);
export const track = (number, type, ...more) => element(
  ID.TrackEntry, uintElement(ID.TrackNumber, number), uintElement(ID.TrackType, type), ...more,
);
export const tracks = (...entries) => element(ID.Tracks, ...(entries.length ? entries : [track(PICTURE, VIDEO), track(SOUND, AUDIO)]));

/** What stands before the first Cluster. */
export const head = concat([ebml(), live(ID.Segment, info(floatElement(ID.Duration, 0)), tracks())]);

export const timestamp = (ticks) => uintElement(ID.Timestamp, ticks);

/**
 * The inside of a SimpleBlock or Block.
 *
 * @param {number} number of its track
 * @param {number} offset in ticks
 * @param {{flags?: number, frame?: Uint8Array | number[]}} [what] flags: 0x80 for a keyframe
 */
const blockData = (number, offset, { flags = 0x80, frame = [1, 2, 3] } = {}) => concat([[0x80 | number], toBytes(offset & 0xffff, 2), [flags], frame]);

export const simpleBlock = (number, offset, what) => element(ID.SimpleBlock, blockData(number, offset, what));

/** @param {...Uint8Array} more what it has besides its Block */
export const blockGroup = (number, offset, ...more) => element(ID.BlockGroup, element(ID.Block, blockData(number, offset, { flags: 0 })), ...more);

/** A Cluster as Chromium writes it, of unknown size. */
export const cluster = (ticks, ...blocks) => live(ID.Cluster, timestamp(ticks), ...blocks);
