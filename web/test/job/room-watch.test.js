import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILE_BYTES } from '../../disk/part-files.js';
import { RoomWatch } from '../../job/room-watch.js';

const MIB = 1024 * 1024;

/** What is told of a recording of this size and length, with 300 MiB free. @returns {Promise<(number | undefined)[]>} minutes left */
async function told(recorded, before = { size: 0, durationMs: 0 }) {
  const bytes = { durable: true, pendingBytes: 0, lostBytes: 0, announced: undefined, ...before };
  const minutes = [];
  const tell = ({ limit }) => minutes.push(limit);
  const watch = new RoomWatch({ bytes, evict: async () => false, estimate: async () => ({ quota: 300 * MIB, usage: 0 }), events: { onLow: tell, onLast: tell } });
  Object.assign(bytes, recorded);
  await watch.look();
  return minutes;
}

test('a recording of 60 MiB in 12 s fills 300 MiB in half a minute', async () => {
  assert.deepEqual(await told({ size: 60 * MIB, durationMs: 12_000 }), [0]);
});

test('one of 60 MiB in 2 minutes takes 5', async () => {
  assert.deepEqual(await told({ size: 60 * MIB + 1, durationMs: 120_000 }), [4]);
});

test('one of 60 MiB in 4 minutes has room enough', async () => {
  assert.deepEqual(await told({ size: 60 * MIB, durationMs: 240_000 }), []);
});

test('the first slice alone says nothing about the rate', async () => {
  assert.deepEqual(await told({ size: 4 * MIB, durationMs: 500 }), []);
});

test('a recording that is recovered does not grow, and needs no more room', async () => {
  assert.deepEqual(await told({ size: 60 * MIB + FILE_BYTES, durationMs: 12_000 }, { size: 60 * MIB, durationMs: 12_000 }), []);
});
