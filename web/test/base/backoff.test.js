import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs, childOf, retryAfterMs, sleep } from '../../base/backoff.js';

const timing = { retryBaseMs: 500, retryCapMs: 30_000 };
const most = () => 1;

test('the jitter is full: from 0 to the bound', () => {
  assert.equal(backoffMs(3, timing, { random: () => 0 }), 0);
  assert.equal(backoffMs(3, timing, { random: () => 0.5 }), 1000);
});

for (const [failures, bound] of [[1, 500], [2, 1000], [3, 2000], [6, 16_000], [7, 30_000], [2000, 30_000]]) {
  test(`the bound after ${failures} failures is ${bound} ms`, () => assert.equal(backoffMs(failures, timing, { random: most }), bound));
}

test('what the server asks for comes before the jitter', () => {
  assert.equal(backoffMs(1, timing, { retryAfterMs: 7000, random: () => 0 }), 7000);
  assert.equal(backoffMs(1, timing, { retryAfterMs: 7000, random: most }), 7500);
});

test('a server that asks for a day is asked again after five minutes', () => {
  assert.equal(backoffMs(1, timing, { retryAfterMs: 86_400_000, random: () => 0 }), 300_000);
});

for (const [header, want] of [
  [null, undefined], ['', undefined], ['0', 0], ['2', 2000], [' 3 ', 3000], ['soon', undefined],
  ['Sun, 22 Nov 2026 12:00:05 GMT', 5000], ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
]) {
  test(`Retry-After: ${header}`, () => assert.equal(retryAfterMs(header, Date.parse('2026-11-22T12:00:00Z')), want));
}

test('an aborted sleep rejects with the reason', async () => {
  const controller = new AbortController();
  const sleeping = sleep(60_000, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(sleeping, { message: 'enough' });
  await assert.rejects(sleep(60_000, { signal: controller.signal }), { message: 'enough' });
});

test('coming online ends a sleep', async () => {
  const wake = new EventTarget();
  const sleeping = sleep(60_000, { wake });
  wake.dispatchEvent(new Event('online'));
  await sleeping;
});

test('a child aborts with its parent, and not the other way round', () => {
  const parent = new AbortController();
  const child = childOf(parent.signal);
  childOf(parent.signal).abort();
  assert.equal(parent.signal.aborted, false);
  parent.abort('end');
  assert.equal(child.signal.reason, 'end');
  assert.equal(childOf(parent.signal).signal.reason, 'end');
});
