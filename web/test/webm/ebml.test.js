import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '../../container/concat.js';
import { NotUnderstood } from '../../container/not-understood.js';
import { children, element, floatElement, readElement, readUint, sizeBytes, toBytes, uintElement, voidElement } from '../../webm/ebml.js';
import { ID } from '../../webm/matroska.js';

/** From the table of RFC 8794 section 4.4: a size takes a byte more before its bits are all set. */
for (const [size, want] of [
  [0, '80'],
  [126, 'fe'],
  [127, '407f'],
  [128, '4080'],
  [16382, '7ffe'],
  [16383, '203fff'],
  [2 ** 28 - 2, '1ffffffe'],
  [2 ** 28 - 1, '080fffffff'],
  [2 ** 53 - 1, '011fffffffffffff'],
]) {
  test(`a size of ${size} is ${want}`, () => {
    assert.equal(Buffer.from(sizeBytes(size)).toString('hex'), want);
    const { dataAt, end } = readElement(Uint8Array.of(ID.Void, ...sizeBytes(size)), 0);
    assert.equal(end - dataAt, size);
  });
}

for (const length of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`a size of ${length} bytes with all bits set is unknown`, () => {
    const bytes = Uint8Array.of(ID.Void, 0xff >> (length - 1), ...Array(length - 1).fill(0xff));
    assert.equal(readElement(bytes, 0).end, Infinity);
    bytes[length]--;
    assert.ok(readElement(bytes, 0).end < Infinity);
  });
}

test('a header in the longest form is exact: Firefox writes sizes in 8 bytes', () => {
  const header = Uint8Array.of(...toBytes(ID.Tracks), ...sizeBytes(31, 8));
  assert.deepEqual(readElement(header, 0), { id: ID.Tracks, at: 0, dataAt: 12, end: 43 });
});

test('a header that is not whole is none yet, from its first byte to its last but one', () => {
  const header = Uint8Array.of(...toBytes(ID.Segment), ...sizeBytes(5, 8));
  for (let length = 0; length < header.length; length++) assert.equal(readElement(header.subarray(0, length), 0), null);
});

for (const [name, bytes] of [['an ID of 5 bytes', [0x08, 1, 1, 1, 1, 0x80]], ['a zero for an ID', [0, 0x80]], ['a zero for a size', [ID.Void, 0]]]) {
  test(`${name} is not understood`, () => assert.throws(() => readElement(Uint8Array.from(bytes), 0), NotUnderstood));
}

for (const length of [2, 9, 10, 11, 128, 65536]) {
  test(`a Void of ${length} bytes is that long and nothing else`, () => {
    const bytes = voidElement(length);
    assert.equal(bytes.length, length);
    assert.equal(readElement(bytes, 0).end, length);
  });
}

for (const [value, ok] of [[0, true], [255, true], [256, true], [2 ** 48 - 1, true], [2 ** 48, false]]) {
  test(`the number ${value} ${ok ? 'is read' : 'is too large'}`, () => {
    const bytes = uintElement(ID.Timestamp, value);
    const read = () => readUint(bytes, readElement(bytes, 0));
    if (ok) assert.equal(read(), value);
    else assert.throws(read, NotUnderstood);
  });
}

test('a float is written as it stands in the specification', () => {
  assert.equal(Buffer.from(floatElement(ID.Duration, 1.5)).toString('hex'), '4489883ff8000000000000');
});

test('children fill their parent', () => {
  const bytes = element(ID.Info, voidElement(5), voidElement(2));
  assert.deepEqual([...children(bytes, readElement(bytes, 0))].map(({ at, end }) => end - at), [5, 2]);
});

for (const [name, data] of [['larger than their parent', [ID.Void, 0x81]], ['cut short in their header', [ID.Void]], ['of unknown size', [ID.Void, 0xff]]]) {
  test(`children ${name} are not understood`, () => {
    const bytes = concat([element(ID.Info, data), voidElement(9)]);
    assert.throws(() => [...children(bytes, readElement(bytes, 0))], NotUnderstood);
  });
}
