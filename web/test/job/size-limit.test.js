import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SizeLimit } from '../../job/size-limit.js';

const session = (more) => ({ part_size: 100, max_parts: 10, max_bytes: 1000, ...more });

test('the smaller of max_bytes and the last part number counts', () => {
  assert.equal(SizeLimit.of(session({ max_bytes: 999 })).error.code, 'max-bytes');
  assert.equal(SizeLimit.of(session({ max_bytes: 1000 })).error.code, 'max-bytes');
  assert.equal(SizeLimit.of(session({ max_bytes: 1001 })).error.code, 'too-many-parts');
  assert.equal(SizeLimit.of(session({ max_bytes: 1001 })).bytes, 1000);
});

test('it is near while four of the largest slices still fit, and not before', () => {
  const limit = SizeLimit.of(session());
  assert.equal(limit.isNear(600, 100), false);
  assert.equal(limit.isNear(601, 100), true);
});

test('what was recorded fits up to the last byte, and what does not is refused with both sizes', () => {
  const limit = SizeLimit.asked(1000);
  assert.deepEqual([limit.refuse(999), limit.refuse(1000)], [null, null]);
  const { code, reason, limit: bytes, message } = limit.refuse(1001);
  assert.deepEqual([code, reason, bytes], ['max-bytes', 'recorded-more', 1000]);
  assert.match(message, /1001 bytes .* 1000/);
});

test('where nothing was asked for there is no limit', () => {
  assert.deepEqual([SizeLimit.asked().isNear(1e15, 1e9), SizeLimit.asked().refuse(1e15)], [false, null]);
});
