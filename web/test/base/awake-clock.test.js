import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwakeClock } from '../../base/awake-clock.js';

/** A clock over two that a test sets. */
function clock() {
  const set = { monotonic: 0, wall: 1e12 };
  return { set, awake: new AwakeClock({ monotonic: () => set.monotonic, wall: () => set.wall }) };
}

test('it goes as the monotonic clock goes', () => {
  const { set, awake } = clock();
  set.monotonic += 5000;
  set.wall += 5100;
  assert.equal(awake.now(), 5000);
});

test('an hour of sleep that only the wall clock saw counts, once', () => {
  const { set, awake } = clock();
  set.wall += 3_600_000;
  assert.equal(awake.now(), 3_600_000);
  assert.equal(awake.now(), 3_600_000);
  set.monotonic += 10;
  set.wall += 10;
  assert.equal(awake.now(), 3_600_010);
});

test('it never goes back, whatever people do to the wall clock', () => {
  const { set, awake } = clock();
  set.wall -= 86_400_000;
  set.monotonic += 10;
  assert.equal(awake.now(), 10);
});
