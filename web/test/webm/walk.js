/**
 * A strict reader of the WebM files we make, written apart from the code that makes them. It throws at the first thing
 * that RFC 8794, RFC 9559 or our own promises do not allow.
 */

import assert from 'node:assert/strict';
import { ID } from '../../webm/matroska.js';

const NAME = new Map(Object.entries(ID).map(([name, id]) => [id, name]));

/** Which elements may be in which, and how often. */
const CHILDREN = {
  Segment: { SeekHead: [0, 1], Void: [0, 9], Info: [1, 1], Tracks: [1, 1], Tags: [0, 1], Cues: [0, 1], Cluster: [0, Infinity] },
  SeekHead: { Seek: [1, Infinity] },
  Seek: { SeekID: [1, 1], SeekPosition: [1, 1] },
  Cluster: { Timestamp: [1, 1], SimpleBlock: [0, Infinity], BlockGroup: [0, Infinity] },
  Cues: { CuePoint: [1, Infinity] },
  CuePoint: { CueTime: [1, 1], CueTrackPositions: [1, 1] },
  CueTrackPositions: { CueTrack: [1, 1], CueClusterPosition: [1, 1] },
};

/** How far Duration may be from the start of the last block, in ms: no block of a browser lasts longer. */
const LAST_BLOCK_MS = 200;

/**
 * @param {Uint8Array} bytes a file, or with `cut` the first bytes of one
 * @param {{cut?: boolean, recordedMs?: number}} [how] cut: the last element may break off, and the Segment be of unknown size;
 *   recordedMs: how long the file may last, whatever its last block says
 * @returns {{live: boolean, durationMs: number | null, cues: {time: number, at: number}[],
 *   clusters: {at: number, end: number, time: number}[], blocks: {track: number, time: number, key: boolean}[]}} live: the Segment's
 *   size is unknown
 */
export function walk(bytes, { cut = false, recordedMs = 0 } = {}) {
  const reader = new Reader(bytes, cut);
  const ebml = reader.element(0);
  assert.equal(ebml.name, 'EBML');
  const segment = reader.element(ebml.end);
  assert.equal(segment.name, 'Segment');
  const live = segment.end === Infinity;
  if (!cut) assert.equal(segment.end, bytes.length, 'the Segment does not end with the file');
  const parts = reader.children({ ...segment, end: bytes.length });
  requireOrder(parts.map(({ name }) => name));

  const tracks = parts.find(({ name }) => name === 'Tracks');
  const clusters = parts.filter(({ name, cutOff }) => name === 'Cluster' && !cutOff).map((element) => readCluster(reader, element));
  const cutCluster = parts.find(({ name, cutOff, dataAt }) => name === 'Cluster' && cutOff && dataAt < bytes.length);
  const blocks = [...clusters, ...(cutCluster ? [readCluster(reader, cutCluster)] : [])].flatMap((cluster) => cluster.blocks);
  const known = new Set(reader.children(tracks).map((entry) => reader.number(reader.children(entry).find(({ name }) => name === 'TrackNumber'))));
  for (const { track } of blocks) assert.ok(known.has(track), `a block of track ${track}`);

  checkSeekHead(reader, segment, parts);
  const cues = checkCues(reader, segment, parts, clusters);
  const durationMs = checkDuration(reader, parts, blocks, recordedMs);
  return { live, durationMs, cues, clusters, blocks };
}

class Reader {
  constructor(bytes, cut) {
    Object.assign(this, { bytes, cut });
  }

  element(at) {
    const idLength = this.#length(at, 4);
    const sizeLength = this.#length(at + idLength, 8);
    const dataAt = at + idLength + sizeLength;
    const id = this.#value(at, idLength, 0);
    const size = this.#value(at + idLength, sizeLength, 7 * sizeLength);
    const name = NAME.get(id) ?? `element ${id.toString(16)}`;
    if (size === 2 ** (7 * sizeLength) - 1) {
      assert.equal(name, 'Segment', `unknown size of ${name} at ${at}`);
      return { name, at, dataAt, end: Infinity };
    }
    return { name, at, dataAt, end: dataAt + size };
  }

  /** The children of an element, counted and exactly filling it; with `cut` the last may break off with the bytes. */
  children(parent) {
    const found = [];
    for (let at = parent.dataAt; at < Math.min(parent.end, this.bytes.length);) {
      if (this.cut && at + 12 > this.bytes.length) break;
      const child = this.element(at);
      const cutOff = child.end > this.bytes.length;
      if (cutOff) assert.ok(this.cut, `${child.name} at ${at} is cut short`);
      else assert.ok(child.end <= parent.end, `${child.name} at ${at} ends outside ${parent.name}`);
      found.push({ ...child, cutOff });
      at = child.end;
    }
    this.#count(parent, found);
    return found;
  }

  #count(parent, found) {
    const allowed = CHILDREN[parent.name];
    if (!allowed) return;
    for (const { name, at } of found) assert.ok(allowed[name], `${name} in ${parent.name} at ${at}`);
    for (const [name, [least, most]] of Object.entries(allowed)) {
      const count = found.filter((child) => child.name === name).length;
      assert.ok(count <= most, `${count} × ${name} in ${parent.name}`);
      assert.ok(count >= least || (this.cut && parent.end > this.bytes.length), `${count} × ${name} in ${parent.name} at ${parent.at}`);
    }
  }

  number({ dataAt, end }) {
    return this.#value(dataAt, end - dataAt, 0);
  }

  float({ dataAt, end }) {
    assert.equal(end - dataAt, 8);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + dataAt).getFloat64(0);
  }

  #length(at, most) {
    const length = Math.clz32(this.bytes[at]) - 23;
    assert.ok(length <= most, `no element at ${at}`);
    return length;
  }

  /** bits: how many of the last ones count; 0 for all */
  #value(at, length, bits) {
    let value = 0n;
    for (const byte of this.bytes.subarray(at, at + length)) value = value << 8n | BigInt(byte);
    return Number(bits ? BigInt.asUintN(bits, value) : value);
  }
}

function requireOrder(names) {
  const heads = names.slice(0, names.includes('Cluster') ? names.indexOf('Cluster') : undefined);
  const order = ['SeekHead', 'Info', 'Tracks', 'Tags', 'Cues'];
  const places = heads.filter((name) => name !== 'Void').map((name) => order.indexOf(name));
  assert.deepEqual(places, [...places].sort(), `order of ${heads}`);
  const later = new Set(names.slice(heads.length));
  later.delete('Cluster');
  later.delete('Tags');
  assert.deepEqual([...later], [], 'between Clusters');
}

function readCluster(reader, element) {
  const children = reader.children(element).filter(({ cutOff }) => !cutOff);
  if (children.length === 0) return { ...element, time: null, blocks: [] };
  assert.equal(children[0].name, 'Timestamp', `first in the Cluster at ${element.at}`);
  const time = reader.number(children[0]);
  const blocks = children.slice(1).map((child) => readBlock(reader, child, time));
  return { ...element, time, blocks };
}

function readBlock(reader, element, time) {
  const block = element.name === 'BlockGroup' ? reader.children(element).find(({ name }) => name === 'Block') : element;
  const data = reader.bytes.subarray(block.dataAt, block.end);
  assert.ok(data.length > 4, `no frame in the block at ${element.at}`);
  assert.ok(data[0] & 0x80, `a track number of more than one byte at ${element.at}`);
  const offset = new DataView(data.buffer, data.byteOffset).getInt16(1);
  return { track: data[0] & 0x7f, time: time + offset, key: element.name === 'SimpleBlock' && (data[3] & 0x80) !== 0 };
}

function checkSeekHead(reader, segment, parts) {
  const seekHead = parts.find(({ name }) => name === 'SeekHead');
  if (!seekHead) return;
  const sought = reader.children(seekHead).map((seek) => {
    const [id, position] = reader.children(seek);
    const at = segment.dataAt + reader.number(position);
    const target = parts.find((part) => part.at === at);
    assert.equal(target?.name, NAME.get(reader.number(id)), `SeekHead points to ${at}`);
    return target.name;
  });
  assert.deepEqual(sought, ['Info', 'Tracks', 'Cues']);
}

function checkCues(reader, segment, parts, clusters) {
  const cues = parts.find(({ name }) => name === 'Cues');
  if (!cues) return [];
  let last = -1;
  return reader.children(cues).map((point) => {
    const [cueTime, positions] = reader.children(point);
    const [track, position] = reader.children(positions).map((child) => reader.number(child));
    const time = reader.number(cueTime);
    const at = segment.dataAt + position;
    const cluster = clusters.find((candidate) => candidate.at === at);
    assert.ok(cluster, `no Cluster at ${at}, where Cues point`);
    const ofTrack = cluster.blocks.filter((block) => block.track === track);
    assert.equal(time, (ofTrack.find(({ key }) => key) ?? ofTrack[0])?.time, `time of the Cue that points to ${at}`);
    assert.ok(time > last, 'order of Cues');
    last = time;
    return { time, at };
  });
}

function checkDuration(reader, parts, blocks, recordedMs) {
  const info = reader.children(parts.find(({ name }) => name === 'Info'));
  const duration = info.find(({ name }) => name === 'Duration');
  if (!duration) return null;
  const value = reader.float(duration);
  const last = Math.max(...blocks.map(({ time }) => time));
  assert.ok(value <= Math.max(last + LAST_BLOCK_MS, recordedMs), `Duration ${value}, last block ${last}`);
  if (!reader.cut) assert.ok(value >= last, `Duration ${value}, last block ${last}`);
  return value;
}
