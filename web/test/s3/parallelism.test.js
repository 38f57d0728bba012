import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parallelism } from '../../s3/parallelism.js';

const MIB = 1024 * 1024;
const PART = 5 * MIB;

/** PUTs side by side that share an uplink, until it has settled. */
function settled(bytesPerSecond, { most = 6, perPut = Infinity } = {}) {
  let now = 0;
  const parallelism = new Parallelism(most, () => now);
  /** @type {number[]} bytes left of each PUT */
  let puts = [];
  for (let arrived = 0; arrived < 40;) {
    while (puts.length < parallelism.limit(PART)) { puts.push(PART); parallelism.began(); }
    const rate = Math.min(bytesPerSecond / puts.length, perPut);
    const seconds = Math.min(...puts) / rate;
    now += seconds * 1000;
    puts = puts.map((left) => left - seconds * rate);
    for (const left of puts.filter((each) => each < 1)) { void left; parallelism.ended(PART); arrived++; }
    puts = puts.filter((each) => each >= 1);
  }
  return { now: parallelism.limit(PART), atTheEnd: parallelism.limit(PART, 3) };
}

test('it begins with three', () => assert.equal(new Parallelism(6, () => 0).limit(PART), 3));
test('it begins with no more than allowed', () => assert.equal(new Parallelism(2, () => 0).limit(PART), 2));

for (const [mbits, want] of [[0.5, 1], [4, 1], [8, 2], [20, 4], [50, 6], [1000, 6]]) {
  test(`an uplink of ${mbits} Mbit/s gets ${want}`, () => assert.equal(settled(mbits * 125_000).now, want));
}

test('never more than allowed', () => assert.equal(settled(125e6, { most: 2 }).now, 2));
test('a fast uplink whose single connections are slow gets all', () => assert.equal(settled(125e6, { perPut: 1 * MIB }).now, 6));

test('what is left at the end goes side by side on the slowest uplink too', () => assert.equal(settled(0.5 * 125_000).atTheEnd, 3));

test('time in which nothing is sent does not count', () => {
  let now = 0;
  const parallelism = new Parallelism(6, () => now);
  for (let i = 0; i < 10; i++) {
    parallelism.began();
    now += 2000; // 20 Mbit/s, as far as one can see
    parallelism.ended(PART);
    now += 60_000;
  }
  assert.equal(parallelism.limit(PART), 4);
});
