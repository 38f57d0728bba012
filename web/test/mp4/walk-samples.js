/** Reads the samples of a track: of an ordinary file from its tables, of a fragmented one from its fragments. */

import assert from 'node:assert/strict';

/** Numbers of 32 bits from `at` to the end of a box. */
function words({ bytes }, at, end) {
  assert.equal((end - at) % 4, 0);
  return Array.from({ length: (end - at) / 4 }, (_, i) => bytes.readUInt32BE(at + 4 * i));
}

/** A table whose entries are `width` numbers of 32 bits. */
function rows(reader, box, width) {
  const count = reader.bytes.readUInt32BE(box.dataAt + 4);
  const all = words(reader, box.dataAt + 8, box.end);
  assert.equal(all.length, count * width, `${box.type} of ${count}`);
  return Array.from({ length: count }, (_, i) => all.slice(i * width, (i + 1) * width));
}

/** [how often, value] as a list of values. */
const spread = (runs) => runs.flatMap(([times, value]) => {
  assert.ok(times > 0, 'an entry for no sample');
  return Array(times).fill(value);
});

/** Where a sample is shown, which edits shift. */
function shift({ edits, timescale, movieTimescale }) {
  const wait = edits.filter(({ mediaTime }) => mediaTime === -1).reduce((sum, { duration }) => sum + duration, 0);
  const begin = edits.find(({ mediaTime }) => mediaTime !== -1)?.mediaTime ?? 0;
  return Math.round(wait * timescale / movieTimescale) - begin;
}

export function readPlain(reader, track) {
  const { stbl } = track;
  const sizes = readSizes(reader, stbl.one('stsz'));
  const deltas = spread(rows(reader, stbl.one('stts'), 2));
  assert.equal(deltas.length, sizes.length, 'stts and stsz');
  const [ctts] = stbl.all('ctts');
  const signed = (value) => (ctts && reader.bytes[ctts.dataAt] === 1 ? value | 0 : value);
  const offsets = ctts ? spread(rows(reader, ctts, 2)).map(signed) : sizes.map(() => 0);
  assert.equal(offsets.length, sizes.length, 'ctts and stsz');
  const [stss] = stbl.all('stss');
  const keys = stss ? new Set(rows(reader, stss, 1).flat()) : null;
  if (keys) assert.ok([...keys].every((key, i, all) => key >= 1 && key <= sizes.length && (i === 0 || key > all[i - 1])), 'stss');
  const places = readPlaces(reader, stbl, sizes);
  const by = shift(track);
  let decoded = 0;
  const samples = sizes.map((size, i) => {
    const sample = { shown: decoded + offsets[i] + by, decoded, key: keys?.has(i + 1) ?? true, at: places[i], size };
    decoded += deltas[i];
    return sample;
  });
  requireApart(samples);
  return { samples, decodedTicks: decoded, shownEnd: Math.max(decoded, ...samples.map(({ shown }, i) => shown - by + deltas[i])) + by };
}

function readSizes(reader, stsz) {
  const [, size, count, ...sizes] = words(reader, stsz.dataAt, stsz.end);
  assert.equal(sizes.length, size === 0 ? count : 0, 'stsz');
  return size === 0 ? sizes : Array(count).fill(size);
}

function readPlaces(reader, stbl, sizes) {
  const [co64] = stbl.all('co64');
  const chunks = co64 ? rows(reader, co64, 2).map(([high, low]) => high * 2 ** 32 + low) : rows(reader, stbl.one('stco'), 1).flat();
  const groups = rows(reader, stbl.one('stsc'), 3);
  assert.equal(groups[0]?.[0] ?? 1, 1, 'the first chunk');
  const places = [];
  groups.forEach(([first, count, description], i) => {
    const next = groups[i + 1];
    assert.ok(description >= 1 && count >= 1);
    if (next) assert.ok(next[0] > first && (next[1] !== count || next[2] !== description), 'two groups of chunks alike');
    for (let chunk = first; chunk < (next?.[0] ?? chunks.length + 1); chunk++) {
      let at = chunks[chunk - 1];
      for (let n = 0; n < count; n++) {
        const size = sizes[places.length];
        places.push(at);
        at += size;
      }
    }
  });
  assert.equal(places.length, sizes.length, 'stsc and stsz');
  return places;
}

function requireApart(samples) {
  const inOrder = [...samples].filter(({ size }) => size > 0).sort((a, b) => a.at - b.at);
  inOrder.forEach(({ at, size }, i) => assert.ok(i + 1 === inOrder.length || at + size <= inOrder[i + 1].at, `samples overlap at ${at}`));
}

export function readFragmented(reader, track, moov, fragments) {
  const trex = moov.one('mvex').all('trex').map((box) => words(reader, box.dataAt + 4, box.end)).find(([id]) => id === track.id);
  assert.ok(trex, `no trex for track ${track.id}`);
  const samples = [];
  const by = shift(track);
  let time = 0;
  let shownEnd = 0;
  for (const { moof } of fragments) {
    let dataEnd = moof.at;
    for (const traf of moof.all('traf')) {
      const tfhd = readTfhd(reader, traf.one('tfhd'), trex);
      const base = tfhd.base ?? (tfhd.baseIsMoof ? moof.at : dataEnd);
      dataEnd = base;
      const [tfdt] = traf.all('tfdt');
      if (tfdt && tfhd.id === track.id) time = reader.bytes[tfdt.dataAt] === 1 ? Number(reader.bytes.readBigUInt64BE(tfdt.dataAt + 4)) : reader.bytes.readUInt32BE(tfdt.dataAt + 4);
      for (const trun of traf.all('trun')) {
        const run = readTrun(reader, trun, tfhd);
        let at = run.dataOffset === null ? dataEnd : base + run.dataOffset;
        for (const { size, duration, flags, offset } of run.samples) {
          if (tfhd.id === track.id) {
            samples.push({ shown: time + offset + by, decoded: time, key: (flags & 0x10000) === 0, at, size });
            time += duration;
            shownEnd = Math.max(shownEnd, time + by, time + offset + by);
          }
          at += size;
        }
        dataEnd = at;
      }
    }
  }
  return { samples, decodedTicks: time, shownEnd };
}

function readTfhd(reader, { dataAt }, [, ...defaults]) {
  const flags = reader.bytes.readUInt32BE(dataAt) & 0xffffff;
  let at = dataAt + 8;
  const base = flags & 1 ? Number(reader.bytes.readBigUInt64BE(at)) : null;
  if (base !== null) at += 8;
  const [, duration, size, sampleFlags] = [2, 8, 0x10, 0x20].map((flag, i) => {
    if (!(flags & flag)) return defaults[i];
    at += 4;
    return reader.bytes.readUInt32BE(at - 4);
  });
  return { id: reader.bytes.readUInt32BE(dataAt + 4), base, baseIsMoof: (flags & 0x20000) !== 0, duration, size, flags: sampleFlags };
}

function readTrun(reader, { dataAt, end }, tfhd) {
  const flags = reader.bytes.readUInt32BE(dataAt) & 0xffffff;
  const count = reader.bytes.readUInt32BE(dataAt + 4);
  let at = dataAt + 8;
  const next = (flag, otherwise, signed = false) => {
    if (!(flags & flag)) return otherwise;
    at += 4;
    return signed ? reader.bytes.readInt32BE(at - 4) : reader.bytes.readUInt32BE(at - 4);
  };
  const dataOffset = next(1, null, true);
  const first = next(4, null);
  const samples = Array.from({ length: count }, (_, i) => {
    const [duration, size] = [next(0x100, tfhd.duration), next(0x200, tfhd.size)];
    const own = next(0x400, tfhd.flags);
    return { duration, size, flags: i === 0 && first !== null ? first : own, offset: next(0x800, 0, true) };
  });
  assert.equal(at, end, 'trun');
  return { dataOffset, samples };
}
