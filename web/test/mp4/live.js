/** Builds fragmented MP4s, such as a browser might write one day. */

import { concat } from '../../container/concat.js';
import { box, fullBox, join, lengthOf, uint32s, uint64s } from '../../mp4/box-writer.js';

export const PICTURE = 1;
export const SOUND = 2;
export const TIMESCALES = { [PICTURE]: 30_000, [SOUND]: 48_000 };
export const NOT_SYNC = 0x10000;

const bytesOf = (pieces) => join([pieces].flat());
export const text = (value) => new TextEncoder().encode(value);

/** A box as bytes. */
export const boxBytes = (type, ...content) => bytesOf(box(type, ...content));

export const ftyp = (brand = 'isom') => boxBytes('ftyp', text(brand), uint32s(512), text('isomiso6mp41'));

const matrix = uint32s(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

export const mvhd = ({ timescale = 1000 } = {}) => bytesOf(fullBox('mvhd', 0, 0, uint32s(0, 0, timescale, 0, 0x10000, 0x1000000, 0, 0), matrix, uint32s(0, 0, 0, 0, 0, 0, 0)));

/** @param {{id?: number, timescale?: number, kind?: string, edits?: Uint8Array[], tables?: Uint8Array[], turned?: boolean}} [how] */
export function trak({ id = PICTURE, timescale = TIMESCALES[id], kind = id === SOUND ? 'soun' : 'vide', edits = [], tables = emptyTables, turned = false } = {}) {
  const rotation = uint32s(0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000);
  const tkhd = fullBox('tkhd', 0, 3, uint32s(0, 0, id, 0, 0, 0, 0, 0, 0), turned ? rotation : matrix, uint32s(640 * 65536, 480 * 65536));
  const stbl = box('stbl', fullBox('stsd', 0, 0, uint32s(0)), ...tables);
  const minf = box('minf', fullBox('vmhd', 0, 1, uint32s(0, 0)), stbl);
  const mdia = box('mdia', fullBox('mdhd', 0, 0, uint32s(0, 0, timescale, 0, 0x55c40000)), fullBox('hdlr', 0, 0, uint32s(0), text(kind), uint32s(0, 0, 0), Uint8Array.of(0)), minf);
  return bytesOf(box('trak', tkhd, ...edits, mdia));
}

const emptyTables = ['stts', 'stsc', 'stco'].map((type) => bytesOf(fullBox(type, 0, 0, uint32s(0)))).concat(bytesOf(fullBox('stsz', 0, 0, uint32s(0, 0))));

/** @param {...{duration: number, mediaTime: number, rate?: number}} entries @returns {Uint8Array[]} */
export function edits(...entries) {
  const rows = entries.map(({ duration, mediaTime, rate = 0x10000 }) => uint32s(duration, mediaTime, rate));
  return [bytesOf(box('edts', fullBox('elst', 0, 0, uint32s(entries.length), ...rows)))];
}

/** @param {number} id @param {{duration?: number, size?: number, flags?: number}} [defaults] */
export const trex = (id, { duration = 0, size = 0, flags = 0 } = {}) => bytesOf(fullBox('trex', 0, 0, uint32s(id, 1, duration, size, flags)));

export const mvex = (...content) => bytesOf(box('mvex', ...(content.length > 0 ? content : [trex(PICTURE), trex(SOUND)])));

export const moov = (...content) => bytesOf(box('moov', ...(content.length > 0 ? content : [mvhd(), trak(), trak({ id: SOUND }), mvex()])));

export const head = concat([ftyp(), moov()]);

/**
 * @typedef {object} Run
 * @property {Uint8Array[]} data of each sample
 * @property {number[]} [durations] else the defaults
 * @property {number[]} [offsets] from decoding to showing
 * @property {number[]} [flags] of each sample
 * @property {number} [firstFlags]
 * @property {boolean} [sizes] whether they are said; default true
 *
 * @typedef {object} Traf
 * @property {number} id
 * @property {number | null} [time] of its tfdt; null: it has none
 * @property {Run[]} runs
 * @property {'moof' | 'absolute' | 'implied'} [base] what data is counted from
 * @property {{duration?: number, size?: number, flags?: number}} [defaults] in its tfhd
 * @property {Uint8Array[]} [others] boxes
 */

/**
 * A fragment: all data of the first track, then all of the next.
 *
 * @param {Traf[]} trafs
 * @param {{at?: number, more?: Uint8Array[]}} [how] at: where it will stand, for absolute positions; more: boxes in the moof
 */
export function fragment(trafs, { at = 0, more = [] } = {}) {
  const measured = moof(trafs, { at, more, dataAt: 0 });
  const data = trafs.flatMap(({ runs }) => runs.flatMap((run) => run.data));
  return concat([moof(trafs, { at, more, dataAt: measured.length + 8 }), boxBytes('mdat', ...data)]);
}

/** @param {Traf[]} trafs @param {{at: number, more: Uint8Array[], dataAt: number}} how dataAt: from the moof on */
function moof(trafs, { at, more, dataAt }) {
  let next = dataAt;
  const boxes = trafs.map(({ id, time = 0, runs, base = 'moof', defaults = {}, others = [] }, i) => {
    const start = base === 'implied' && i > 0 ? next : 0;
    const truns = runs.map((run) => {
      const trun = trunOf(run, next - start);
      next += lengthOf(run.data);
      return trun;
    });
    return box('traf', tfhdOf(id, base, at, defaults), time === null ? [] : fullBox('tfdt', 1, 0, uint64s(time)), ...others, ...truns);
  });
  return bytesOf(box('moof', fullBox('mfhd', 0, 0, uint32s(1)), ...boxes, ...more));
}

function tfhdOf(id, base, at, { duration, size, flags }) {
  const fields = [[0x8, duration], [0x10, size], [0x20, flags]].filter(([, value]) => value !== undefined);
  const has = fields.reduce((sum, [flag]) => sum | flag, 0) | { moof: 0x20000, absolute: 1, implied: 0 }[base];
  return fullBox('tfhd', 0, has, uint32s(id), base === 'absolute' ? uint64s(at) : [], uint32s(...fields.map(([, value]) => value)));
}

function trunOf({ data, durations, offsets, flags, firstFlags, sizes = true }, dataOffset) {
  const columns = [[0x100, durations], [0x200, sizes && data.map(({ length }) => length)], [0x400, flags], [0x800, offsets]].filter(([, values]) => values);
  const has = columns.reduce((sum, [flag]) => sum | flag, 1) | (firstFlags === undefined ? 0 : 4);
  const rows = data.map((_, i) => uint32s(...columns.map(([, values]) => values[i])));
  return fullBox('trun', offsets ? 1 : 0, has, uint32s(data.length, dataOffset), firstFlags === undefined ? [] : uint32s(firstFlags), ...rows);
}

let seed = 0;
/** Samples that differ. @param {number} count @param {number} [size] */
export function samples(count, size = 20) {
  return Array.from({ length: count }, () => Uint8Array.from({ length: size }, () => seed++ * 31 % 251));
}

/** Samples of every size. @param {number} count @param {number} [least] */
export const varied = (count, least = 5) => Array.from({ length: count }, (_, i) => samples(1, least + i % 9)[0]);

/** A second of picture and sound as Chromium might write it. @param {number} second */
export function secondOf(second, { size = 20, count = 30 } = {}) {
  return fragment([
    { id: PICTURE, time: second * 30_000, runs: [{ data: varied(count, size), durations: Array(count).fill(30_000 / count), firstFlags: 0 }], defaults: { flags: NOT_SYNC } },
    { id: SOUND, time: second * 48_000, runs: [{ data: varied(50), durations: Array(50).fill(960) }] },
  ]);
}

/** As Chromium records: 30 pictures a second and 16.7 sounds, no two of them equally long. @param {number} seconds */
export function* recordingOf(seconds, { frameBytes = 1 } = {}) {
  yield head;
  const frame = new Uint8Array(frameBytes + 40);
  for (let second = 0; second < seconds; second++) yield secondOfChromium(second, (i) => frame.subarray(i));
}

/** @param {number} second @param {(i: number) => Uint8Array} frame */
function secondOfChromium(second, frame) {
  const jitter = (length, ticks) => Array.from({ length }, (_, i) => ticks + (i * 7 + second) % 11 - 5);
  const data = (length) => Array.from({ length }, (_, i) => frame((i * 5 + second) % 40));
  return fragment([
    { id: PICTURE, time: second * 30_000, runs: [{ data: data(30), durations: jitter(30, 1000), firstFlags: 0 }], defaults: { flags: NOT_SYNC } },
    { id: SOUND, time: second * 48_000, runs: [{ data: data(17), durations: jitter(17, 2820) }] },
  ]);
}
