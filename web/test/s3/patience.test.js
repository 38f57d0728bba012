import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience } from '../../s3/patience.js';

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const STALL_MS = 30_000;

const patience = () => new Patience(STALL_MS);

/** One that has seen a PUT on its way. */
function seeing() {
  const seen = patience();
  seen.ms(PART, 1, 0);
  return seen;
}

test('a PUT that shows its progress and stops is given no more than the stall limit', () => {
  assert.equal(seeing().ms(PART, MIB, 0), STALL_MS);
  assert.equal(seeing().ms(PART, 0, 0), STALL_MS);
});

for (const { name, sent, of } of [
  { name: 'whose bytes are all handed over', sent: PART, of: seeing },
  { name: 'that shows nothing, where none ever did', sent: 0, of: patience },
]) {
  test(`a PUT ${name} is given the time that a slow line takes`, () => {
    assert.ok(of().ms(PART, sent, 0) > STALL_MS + PART / (300_000 / 8 / 1000), 'at 300 kbit/s');
    assert.ok(of().ms(1000, sent, 0) < STALL_MS + 100, 'and a small one little');
  });

  test(`a PUT ${name} is given what earlier ones took`, () => {
    const known = of();
    known.took(PART, 600_000);
    assert.ok(known.ms(PART, sent, 0) > 2 * 600_000);
    const fast = of();
    fast.took(PART, 1000);
    assert.ok(fast.ms(PART, sent, 0) <= STALL_MS + 4000 + 1);
  });
}

test('once the network is back, a PUT is cut soon only if it can show that it lives', () => {
  const soon = 3000;
  assert.equal(seeing().ms(PART, MIB, 0, soon), soon);
  assert.equal(seeing().ms(PART, 0, 0, soon), soon);
  assert.ok(seeing().ms(PART, PART, 0, soon) > STALL_MS, 'all bytes are handed over');
  assert.ok(patience().ms(PART, 0, 0, soon) > STALL_MS, 'nothing was ever shown');
});

test('a small PUT that took long for its round trips says nothing of a large one', () => {
  const known = seeing();
  known.took(1000, 500);
  assert.ok(known.ms(PART, PART, 0) < STALL_MS + 11_000);
});

test('what was cut gets twice as long, up to four times', () => {
  assert.deepEqual([0, 1, 2, 3].map((stalls) => seeing().ms(PART, MIB, stalls) / STALL_MS), [1, 2, 4, 4]);
});
