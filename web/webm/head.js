/**
 * The head of a live WebM: everything before its first Cluster.
 */

import { NotUnderstood } from '../container/not-understood.js';
import { children, readElement, readUint } from './ebml.js';
import { AUDIO, DEFAULT_TIMESTAMP_SCALE, ID, VIDEO } from './matroska.js';

/**
 * @typedef {object} Head
 * @property {Uint8Array} ebml the EBML header
 * @property {Uint8Array[]} info what is in Info, without what it says of the Duration
 * @property {number} timestampScale ns in a tick
 * @property {Uint8Array[]} others Tracks first, then Tags and the like, as they came
 * @property {import('./timeline.js').Track[]} tracks
 * @property {number} end where the first Cluster starts
 */

/** A head is some hundred bytes. What is larger than this is something else. */
export const MAX_HEAD_BYTES = 1024 * 1024;

/** What lasts longer is a picture that stands still: what its last block lasts is anyone's guess. In ns. */
const MAX_GAP_NS = 100e6;

const DOC_TYPES = ['webm', 'matroska'];

/** What may stand between the Clusters too, and is passed on. */
export const DESCRIPTIONS = new Set([ID.Tags, ID.Chapters, ID.Attachments]);

/** What says where something is. It would be wrong in the output, and ours take its place. */
export const POSITIONS = new Set([ID.SeekHead, ID.Cues, ID.Void, ID['CRC-32']]);

/**
 * @param {Uint8Array} bytes from the first one on
 * @returns {Head | null} null where it is not whole
 * @throws {NotUnderstood} where it is not the head of a live WebM
 */
export function readHead(bytes) {
  const opening = readOpening(bytes);
  const found = opening && readLevelOne(bytes, opening.segment.dataAt);
  return found && describe(bytes, opening.ebml, found);
}

/** Whether a live WebM begins here. @param {Uint8Array} bytes @throws {NotUnderstood} where something else does */
export function opensLive(bytes) {
  return readOpening(bytes) !== null;
}

/** @param {Uint8Array} bytes */
function readOpening(bytes) {
  const ebml = readEbmlHeader(bytes, 0);
  const next = ebml && readElement(bytes, ebml.end);
  // WebKitGTK writes the header twice where it records WebM; 2.50 on Debian 12 records none.
  const last = next?.id === ID.EBML ? readEbmlHeader(bytes, next.at) : ebml;
  const segment = last && readElement(bytes, last.end);
  if (!ebml || !segment) return null;
  // One of known size is a finished file, which has whatever index it has.
  if (segment.id !== ID.Segment || segment.end !== Infinity) throw new NotUnderstood('not a live Segment');
  return { ebml, segment };
}

/** @param {Uint8Array} bytes @param {number} at @returns {import('./ebml.js').Element | null} null where it is not wholly there */
function readEbmlHeader(bytes, at) {
  const ebml = readWhole(bytes, at, (id) => id === ID.EBML);
  if (ebml) requireDocType(bytes, ebml);
  return ebml;
}

/**
 * An element of a kind that is expected.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {(id: number) => boolean} isExpected
 * @returns {import('./ebml.js').Element | null} null where it is not wholly there
 */
function readWhole(bytes, at, isExpected) {
  const element = readElement(bytes, at);
  if (!element) return null;
  if (!isExpected(element.id)) throw new NotUnderstood(`element ${element.id.toString(16)} in the head`);
  if (element.end > MAX_HEAD_BYTES) throw new NotUnderstood('a head too large');
  return element.end > bytes.length ? null : element;
}

/** @param {Uint8Array} bytes @param {import('./ebml.js').Element} ebml */
function requireDocType(bytes, ebml) {
  for (const { id, dataAt, end } of children(bytes, ebml)) {
    if (id !== ID.DocType) continue;
    const [docType] = String.fromCharCode(...bytes.subarray(dataAt, Math.min(end, dataAt + 16))).split('\0'); // RFC 8794 section 13
    if (DOC_TYPES.includes(docType)) return;
  }
  throw new NotUnderstood('neither WebM nor Matroska');
}

/**
 * The Segment's children up to the first Cluster, without {@link POSITIONS}.
 *
 * @param {Uint8Array} bytes
 * @param {number} from
 */
function readLevelOne(bytes, from) {
  /** @type {Map<number, import('./ebml.js').Element>} */
  const found = new Map();
  const isExpected = (/** @type {number} */ id) => POSITIONS.has(id)
    || (!found.has(id) && (DESCRIPTIONS.has(id) || id === ID.Info || id === ID.Tracks));
  for (let at = from; ;) {
    const next = readElement(bytes, at);
    if (next?.id === ID.Cluster) return { found, end: at };
    const element = readWhole(bytes, at, isExpected);
    if (!element) return null;
    if (!POSITIONS.has(element.id)) found.set(element.id, element);
    at = element.end;
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {import('./ebml.js').Element} ebml
 * @param {{found: Map<number, import('./ebml.js').Element>, end: number}} levelOne
 * @returns {Head}
 */
function describe(bytes, ebml, { found, end }) {
  const info = found.get(ID.Info);
  const tracks = found.get(ID.Tracks);
  if (!info || !tracks) throw new NotUnderstood('no Info or no Tracks');
  const { kept, timestampScale } = readInfo(bytes, info);
  const copy = (/** @type {import('./ebml.js').Element} */ { at, end: to }) => bytes.slice(at, to);
  return {
    ebml: copy(ebml),
    info: kept.map(copy),
    timestampScale,
    others: [tracks, ...[...found.values()].filter(({ id }) => DESCRIPTIONS.has(id))].map(copy),
    tracks: readTracks(bytes, tracks, timestampScale),
    end,
  };
}

/** @param {Uint8Array} bytes @param {import('./ebml.js').Element} info */
function readInfo(bytes, info) {
  const kept = [];
  let timestampScale = DEFAULT_TIMESTAMP_SCALE;
  for (const child of children(bytes, info)) {
    if (child.id === ID.TimestampScale) timestampScale = readUint(bytes, child);
    // Firefox writes a Duration of 0.
    if (child.id !== ID.Duration && child.id !== ID.Void && child.id !== ID['CRC-32']) kept.push(child);
  }
  if (timestampScale === 0) throw new NotUnderstood('a TimestampScale of 0');
  return { kept, timestampScale };
}

/** @param {Uint8Array} bytes @param {import('./ebml.js').Element} tracks @param {number} timestampScale */
function readTracks(bytes, tracks, timestampScale) {
  const read = [];
  for (const entry of children(bytes, tracks)) {
    if (entry.id === ID.TrackEntry) read.push(readTrack(bytes, entry, timestampScale));
  }
  if (read.length === 0) throw new NotUnderstood('no track');
  return read;
}

/** @param {Uint8Array} bytes @param {import('./ebml.js').Element} entry @param {number} timestampScale */
function readTrack(bytes, entry, timestampScale) {
  const ticks = (/** @type {number} */ ns) => ns / timestampScale;
  /** @type {import('./timeline.js').Track} */
  const track = { number: 0, type: 0, last: null, gap: ticks(MAX_GAP_NS), end: 0 };
  for (const child of children(bytes, entry)) {
    if (child.id === ID.TrackNumber) track.number = readUint(bytes, child);
    else if (child.id === ID.TrackType) track.type = readUint(bytes, child);
    else if (child.id === ID.DefaultDuration) track.gap = Math.min(track.gap, ticks(readUint(bytes, child)));
  }
  return track;
}

/**
 * The track whose blocks one seeks to: a picture needs a keyframe, so it is the first video where there is one.
 *
 * @param {import('./timeline.js').Track[]} tracks at least one
 * @returns {{number: number, needsKey: boolean}} needsKey: false for sound, whose blocks are all good to start from,
 *   though Firefox marks none as key (seen in Firefox ESR 153, 2026-11-22)
 */
export function chooseCueTrack(tracks) {
  const { number, type } = tracks.find((track) => track.type === VIDEO) ?? tracks[0];
  return { number, needsKey: type !== AUDIO };
}
