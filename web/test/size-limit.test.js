import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SizeLimit } from '../size-limit.js';

const session = (more) => ({ part_size: 100, max_parts: 10, max_bytes: 1000, ...more });

test('the smaller of max_bytes and the last part number counts', () => {
  assert.equal(new SizeLimit(session({ max_bytes: 999 })).error.code, 'max-bytes');
  assert.equal(new SizeLimit(session({ max_bytes: 1000 })).error.code, 'max-bytes');
  assert.equal(new SizeLimit(session({ max_bytes: 1001 })).error.code, 'too-many-parts');
  assert.equal(new SizeLimit(session({ max_bytes: 1001 })).bytes, 1000);
});

test('it is near while four of the largest slices still fit, and not before', () => {
  const limit = new SizeLimit(session());
  assert.equal(limit.isNear(600, 100), false);
  assert.equal(limit.isNear(601, 100), true);
});
