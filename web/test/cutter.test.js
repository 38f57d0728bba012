import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cutter } from '../cutter.js';

const PART = 10;

/** Cuts blobs of these sizes; returns the parts' sizes and whether the bytes came out as they went in. */
async function cut(sizes) {
  const input = Buffer.from(Array.from({ length: sizes.reduce((a, b) => a + b, 0) }, (_, i) => i % 251));
  const cutter = new Cutter(PART);
  const parts = [];
  let from = 0;
  for (const size of sizes) {
    parts.push(...cutter.add(new Blob([input.subarray(from, from + size)], { type: 'video/webm' })));
    from += size;
  }
  const rest = cutter.rest();
  if (rest) parts.push(rest);
  assert.equal(cutter.rest(), null);
  const output = Buffer.from(await new Blob(parts).arrayBuffer());
  assert.ok(output.equals(input), 'bytes changed');
  assert.ok(parts.every(({ type }) => type === ''), 'a part has a type, which would add a content-type to its PUT');
  return parts.map(({ size }) => size);
}

for (const { name, sizes, want } of [
  { name: 'nothing makes no part', sizes: [], want: [] },
  { name: 'empty blobs make no part', sizes: [0, 0], want: [] },
  { name: 'one byte', sizes: [1], want: [1] },
  { name: 'one below the part size', sizes: [9], want: [9] },
  { name: 'just the part size leaves no rest', sizes: [10], want: [10] },
  { name: 'one above the part size', sizes: [11], want: [10, 1] },
  { name: 'a part out of many blobs', sizes: [3, 3, 3, 3], want: [10, 2] },
  { name: 'a blob that ends on the boundary', sizes: [3, 7, 4], want: [10, 4] },
  { name: 'a blob that crosses the boundary by one', sizes: [3, 8], want: [10, 1] },
  { name: 'a blob of several parts', sizes: [35], want: [10, 10, 10, 5] },
  { name: 'a blob of several parts behind a piece', sizes: [4, 26, 5], want: [10, 10, 10, 5] },
  { name: 'empty blobs in between', sizes: [0, 5, 0, 5, 0, 1, 0], want: [10, 1] },
]) {
  test(name, async () => assert.deepEqual(await cut(sizes), want));
}

test('a part comes as soon as it is full', () => {
  const cutter = new Cutter(PART);
  assert.equal(cutter.add(new Blob(['123456789'])).length, 0);
  assert.equal(cutter.add(new Blob(['0'])).length, 1);
});
