import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteQueue } from '../../container/byte-queue.js';

test('a queue gives bytes in the order they came, whatever the sizes', () => {
  const queue = new ByteQueue();
  let next = 0;
  let seen = 0;
  for (const [added, taken] of [[3, 1], [5000, 4000], [1, 1003], [0, 0], [9000, 1], [9000, 17_999]]) {
    queue.append(Uint8Array.from({ length: added }, () => next++));
    for (const byte of queue.take(taken)) assert.equal(byte, seen++ % 256);
  }
  assert.equal(seen, next);
  assert.equal(queue.length, 0);
});

test('what was taken from a queue has memory of its own, which may be transferred', () => {
  const queue = new ByteQueue();
  queue.append(Uint8Array.of(1, 2));
  assert.equal(queue.take(1).buffer.byteLength, 1);
  assert.deepEqual(queue.bytes, Uint8Array.of(2));
});
