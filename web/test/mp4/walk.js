/**
 * A strict reader of the MP4 files we make, written apart from the code that makes them. It throws at the first thing that
 * ISO/IEC 14496-12 or our own promises do not allow.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFragmented, readPlain } from './walk-samples.js';

/** What may be in which; a box that is not named has no boxes in it that we look at. */
const CHILDREN = {
  moov: ['mvhd', 'trak', 'mvex', 'udta', 'meta'],
  trak: ['tkhd', 'edts', 'tref', 'mdia', 'udta', 'meta', 'tapt'],
  edts: ['elst'],
  mdia: ['mdhd', 'hdlr', 'elng', 'minf'],
  minf: ['vmhd', 'smhd', 'nmhd', 'dinf', 'hdlr', 'stbl'],
  stbl: ['stsd', 'stts', 'ctts', 'cslg', 'stss', 'stsc', 'stsz', 'stco', 'co64', 'sgpd'],
  mvex: ['mehd', 'trex', 'leva', 'trep'],
  moof: ['mfhd', 'traf'],
  traf: ['tfhd', 'tfdt', 'trun', 'sgpd', 'sbgp', 'sdtp', 'subs'],
};
const AT_TOP = ['ftyp', 'moov', 'free', 'moof', 'mdat', 'styp', 'sidx', 'mfra', 'prft', 'emsg'];

/** Of which a box has one, and no more. */
const ONCE = {
  moov: ['mvhd'], trak: ['tkhd', 'mdia'], mdia: ['mdhd', 'hdlr', 'minf'], minf: ['stbl'], stbl: ['stsd', 'stts', 'stsc', 'stsz'], moof: ['mfhd'], traf: ['tfhd'],
};

/**
 * @typedef {object} Sample
 * @property {number} shown when, in ticks of its track, as edits have it; exact
 * @property {number} decoded when, in ticks of its track, from its first one on
 * @property {boolean} key
 * @property {number} at
 * @property {number} size
 * @property {string} hash of its data
 *
 * @typedef {object} WalkedTrack
 * @property {number} id
 * @property {'vide' | 'soun' | 'hint'} kind
 * @property {number} timescale
 * @property {number} durationMs as the track's header says
 * @property {number} endMs when its last sample ends
 * @property {Sample[]} samples
 *
 * @param {Uint8Array} bytes a file, or with `cut` the first bytes of one
 * @param {{cut?: boolean}} [how] cut: the last box may break off
 * @returns {{types: string[], fragmented: boolean, durationMs: number, promisedMs: number, tracks: WalkedTrack[], fragmentEnds: number[]}} types: of
 *   the boxes at the top that are whole, one after the other; durationMs: as the movie's header says; promisedMs: as mehd says, of fragments
 */
export function walk(bytes, { cut = false } = {}) {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  const boxes = reader.boxes(0, bytes.length, cut).filter(({ end }) => end <= bytes.length);
  for (const { type, at } of boxes) assert.ok(AT_TOP.includes(type), `${type} at the top, at ${at}`);
  assert.equal(boxes[0].type, 'ftyp');
  const moovs = boxes.filter(({ type }) => type === 'moov');
  assert.equal(moovs.length, 1, 'moov');
  const moov = reader.tree(moovs[0]);
  const fragmented = moov.all('mvex').length > 0;
  const mvhd = reader.times(moov.one('mvhd'));
  const traks = moov.all('trak').map((trak) => readTrak(reader, trak, mvhd.timescale));
  assert.equal(new Set(traks.map(({ id }) => id)).size, traks.length, 'two tracks of one ID');
  const fragments = pairsOf(boxes).map(({ moof, mdat }) => ({ moof: reader.tree(moof), mdat }));
  const mdats = boxes.filter(({ type }) => type === 'mdat');
  if (!fragmented) {
    assert.deepEqual(boxes.filter(({ type }) => !['ftyp', 'moov', 'free', 'mdat'].includes(type)), [], 'in an ordinary file');
    assert.ok(reader.bytes.readUInt32BE(moov.one('mvhd').end - 4) > Math.max(...traks.map(({ id }) => id)), 'next_track_ID');
  }
  const tracks = traks.map((trak) => {
    const { edits, ...track } = trak;
    const read = fragmented ? readFragmented(reader, trak, moov, fragments) : readPlain(reader, trak);
    for (const { at, size } of read.samples) assert.ok(mdats.some((mdat) => at >= mdat.dataAt && at + size <= mdat.end), `a sample at ${at}`);
    if (!fragmented) checkDurations(track, edits, read, mvhd);
    return {
      id: track.id, kind: track.kind, timescale: track.timescale, durationMs: (fragmented ? track.mediaTicks : read.shownEnd) / track.timescale * 1000,
      endMs: read.shownEnd / track.timescale * 1000, samples: read.samples.map((sample) => ({ ...sample, hash: hashOf(reader.bytes.subarray(sample.at, sample.at + sample.size)) })),
    };
  });
  if (!fragmented) assert.equal(mvhd.duration, Math.max(...traks.map(({ movieTicks }) => movieTicks)), 'the duration of the movie');
  return { types: boxes.map(({ type }) => type), fragmented, durationMs: mvhd.duration / mvhd.timescale * 1000, promisedMs: promised(reader, moov) / mvhd.timescale * 1000, tracks, fragmentEnds: fragments.map(({ mdat }) => mdat.end) };
}

/** What there is to play, comparable between files: by track, when each sample is shown, whether it is a key, its data. */
export function mediaOf(bytes, how) {
  return Object.fromEntries(walk(bytes, how).tracks.filter(({ samples }) => samples.length > 0)
    .map(({ id, samples }) => [id, samples.map(({ shown, key, hash }) => `${shown} ${key ? 'key' : ''} ${hash}`)]));
}

function promised(reader, moov) {
  const mehd = moov.all('mvex').flatMap((mvex) => mvex.all('mehd'))[0];
  if (!mehd) return 0;
  return reader.bytes[mehd.dataAt] === 1 ? Number(reader.bytes.readBigUInt64BE(mehd.dataAt + 4)) : reader.bytes.readUInt32BE(mehd.dataAt + 4);
}

/** A moof that is written twice in a row counts once (WebKitGTK's last). @param {Box[]} boxes */
function pairsOf(boxes) {
  return boxes.flatMap((mdat, i) => (mdat.type === 'mdat' && boxes[i - 1].type === 'moof' ? [{ moof: boxes[i - 1], mdat }] : []));
}

function readTrak(reader, trak, movieTimescale) {
  const tkhd = reader.times(trak.one('tkhd'));
  const mdhd = reader.times(trak.find('mdia', 'mdhd'));
  const elst = trak.all('edts').flatMap((edts) => edts.all('elst'))[0];
  assert.ok(mdhd.timescale > 0);
  return {
    id: tkhd.id, kind: reader.bytes.toString('latin1', trak.find('mdia', 'hdlr').dataAt + 8, trak.find('mdia', 'hdlr').dataAt + 12),
    timescale: mdhd.timescale, movieTimescale, movieTicks: tkhd.duration, mediaTicks: mdhd.duration,
    edits: elst ? readEdits(reader, elst) : [], stbl: trak.find('mdia', 'minf', 'stbl'),
  };
}

function readEdits(reader, elst) {
  const long = reader.bytes[elst.dataAt] === 1;
  const edits = [];
  const count = reader.bytes.readUInt32BE(elst.dataAt + 4);
  let at = elst.dataAt + 8;
  for (let i = 0; i < count; i++, at += long ? 20 : 12) {
    const duration = long ? Number(reader.bytes.readBigUInt64BE(at)) : reader.bytes.readUInt32BE(at);
    const mediaTime = long ? Number(reader.bytes.readBigInt64BE(at + 8)) : reader.bytes.readInt32BE(at + 4);
    assert.equal(reader.bytes.readUInt32BE(at + (long ? 16 : 8)), 0x10000, 'the rate of an edit');
    edits.push({ duration, mediaTime });
  }
  assert.equal(at, elst.end, 'elst');
  return edits;
}

function checkDurations(track, edits, { decodedTicks }, mvhd) {
  assert.equal(track.mediaTicks, decodedTicks, `the duration of the media of track ${track.id}`);
  const shown = edits.length > 0 ? edits.reduce((sum, { duration }) => sum + duration, 0) : Math.round(decodedTicks * mvhd.timescale / track.timescale);
  assert.ok(Math.abs(track.movieTicks - shown) <= 1, `track ${track.id} lasts ${track.movieTicks}, its edits ${shown}`);
}

const hashOf = (data) => createHash('sha1').update(data).digest('base64').slice(0, 8);

/** @typedef {{type: string, at: number, dataAt: number, end: number}} Box */

class Reader {
  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }

  /** @returns {Box[]} that fill from..to; with cut the last may end behind it */
  boxes(from, to, cut = false) {
    const found = [];
    for (let at = from; at < to;) {
      if (cut && at + 16 > to) break;
      assert.ok(at + 8 <= to, `no box at ${at}`);
      const size32 = this.bytes.readUInt32BE(at);
      const type = this.bytes.toString('latin1', at + 4, at + 8);
      const size = size32 === 1 ? Number(this.bytes.readBigUInt64BE(at + 8)) : size32;
      assert.ok(size >= 8, `${type} of ${size} bytes at ${at}`);
      assert.ok(cut || at + size <= to, `${type} at ${at} ends at ${at + size}, outside of ${to}`);
      found.push({ type, at, dataAt: at + (size32 === 1 ? 16 : 8), end: at + size });
      at += size;
    }
    return found;
  }

  /** A box with all that is in it. @param {Box} box */
  tree(box) {
    const allowed = CHILDREN[box.type];
    const children = allowed ? this.boxes(box.dataAt, box.end).map((child) => this.tree(child)) : [];
    for (const { type, at } of children) assert.ok(allowed.includes(type), `${type} in ${box.type}, at ${at}`);
    const all = (type) => children.filter((child) => child.type === type);
    const one = (type) => {
      assert.equal(all(type).length, 1, `${type} in ${box.type} at ${box.at}`);
      return all(type)[0];
    };
    for (const type of ONCE[box.type] ?? []) one(type);
    return { ...box, all, one, find: (...path) => path.reduce((at, type) => (at === null ? one(type) : at.one(type)), null) };
  }

  /** mvhd, tkhd and mdhd. @param {Box} box */
  times({ type, dataAt }) {
    const long = this.bytes[dataAt] === 1;
    const unitAt = dataAt + (long ? 20 : 12);
    const durationAt = unitAt + (type === 'tkhd' ? 8 : 4);
    const unit = this.bytes.readUInt32BE(unitAt);
    return { id: unit, timescale: unit, duration: long ? Number(this.bytes.readBigUInt64BE(durationAt)) : this.bytes.readUInt32BE(durationAt) };
  }
}
