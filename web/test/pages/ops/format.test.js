import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canBeKey } from '../../../pages/ops/client.js';
import { ageMs, formatRanges, formatSpan, formatUSD } from '../../../pages/ops/format.js';

const andMore = (left) => `and ${left} more`;

test('spans say their two largest units', () => {
  const [s, m, h, d] = [1000, 60_000, 3_600_000, 86_400_000];
  const cases = [
    [-5, '0s'], [0, '0s'], [999, '0s'], [59 * s, '59s'], [m, '1m'], [m + s, '1m 1s'], [h - s, '59m 59s'], [h, '1h'], [h + 59 * s, '1h'],
    [h + 5 * m, '1h 5m'], [d, '1d'], [2 * d + 4 * h + 30 * m, '2d 4h'], [400 * d, '400d'],
  ];
  for (const [ms, words] of cases) assert.equal(formatSpan(ms), words, `${ms}`);
});

test('an age is told by the clock of the broker alone', () => {
  assert.equal(ageMs({ opened_at: '2001-01-01T00:00:00Z', active_at: '2001-01-01T00:10:00Z', idle_ms: 5000 }), 605_000);
  assert.equal(ageMs({ opened_at: '2001-01-01T00:10:00Z', active_at: '2001-01-01T00:00:00Z', idle_ms: 0 }), 0);
});

test('numbers in a row are a range, and too many ranges are counted', () => {
  assert.equal(formatRanges([], andMore), '');
  assert.equal(formatRanges([3], andMore), '3');
  assert.equal(formatRanges([1, 2, 3, 7, 9, 10], andMore), '1–3, 7, 9–10');
  const odd = Array.from({ length: 12 }, (_, i) => 2 * i + 1);
  assert.equal(formatRanges(odd, andMore), odd.join(', '));
  assert.equal(formatRanges([...odd, 25, 26], andMore), `${odd.join(', ')} and 2 more`);
});

test('a little money is not nothing', () => {
  assert.deepEqual([0, 0.0001, 0.01, 1.5, 1234].map(formatUSD), ['$0.00', '< $0.01', '$0.01', '$1.50', '$1,234.00']);
});

test('what no header can carry is no key', () => {
  assert.ok(canBeKey('sk_aB-_9'));
  for (const text of ['', 'two words', 'sk_ü', 'a\nb', 'x'.repeat(1001)]) assert.ok(!canBeKey(text), text.slice(0, 10));
});
