import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartQueue } from '../../s3/part-queue.js';

const part = (number, kind = 'new') => ({ number, kind });
const free = () => true;

test('new bytes first, the lowest number first; what betters something after them', () => {
  const queue = new PartQueue();
  for (const each of [part(1, 'again'), part(3), part(9, 'checkpoint'), part(2)]) queue.add(each);
  const order = [];
  for (let next = queue.take(free); next; next = queue.take(free)) order.push(`${next.number} ${next.kind}`);
  assert.deepEqual(order, ['2 new', '3 new', '1 again', '9 checkpoint']);
});

test('a number that is being sent is passed over', () => {
  const queue = new PartQueue();
  queue.add(part(1));
  queue.add(part(2));
  assert.equal(queue.take(({ number }) => number !== 1).number, 2);
  assert.equal(queue.take(({ number }) => number !== 1), undefined);
  assert.equal(queue.length, 1);
});
