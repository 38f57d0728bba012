import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SizeLimit } from '../size-limit.js';

const blob = (size) => new Blob([new Uint8Array(size)]);
const session = (more) => ({ part_size: 100, max_parts: 10, max_bytes: 1000, ...more });

test('the smaller of max_bytes and the last part number counts', () => {
  assert.equal(new SizeLimit(session({ max_bytes: 999 })).error.code, 'max-bytes');
  assert.equal(new SizeLimit(session({ max_bytes: 1000 })).error.code, 'max-bytes');
  assert.equal(new SizeLimit(session({ max_bytes: 1001 })).error.code, 'too-many-parts');
  assert.equal(new SizeLimit(session({ max_bytes: 1001 })).bytes, 1000);
});

test('it is near while four of the largest slices still fit, and not before', () => {
  const limit = new SizeLimit(session());
  for (let i = 0; i < 6; i++) limit.take(blob(100));
  assert.equal(limit.near, false); // 400 left
  limit.take(blob(1));
  assert.equal(limit.near, true); // 399 left
});

test('what does not fit is cut off at the limit', () => {
  const limit = new SizeLimit(session());
  assert.equal(limit.take(blob(999)).size, 999);
  assert.equal(limit.take(blob(5)).size, 1);
  assert.equal(limit.take(blob(5)).size, 0);
});
