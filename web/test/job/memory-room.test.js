import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryRoom } from '../../job/memory-room.js';

const MIB = 1024 * 1024;
const FILE = 5 * MIB;

/** @param {number} heldBytes @param {number} evictable how many files S3 has */
function room(heldBytes, evictable) {
  const state = { heldBytes, evicted: 0 };
  const look = new MemoryRoom({
    held: () => state.heldBytes,
    evict: async () => {
      if (state.evicted === evictable) return false;
      state.evicted++;
      state.heldBytes -= FILE;
      return true;
    },
  });
  return { look: () => look.look(), state };
}

for (const { held, evicted } of [{ held: 63, evicted: 0 }, { held: 64, evicted: 0 }, { held: 65, evicted: 1 }, { held: 80, evicted: 4 }]) {
  test(`of ${held} MiB in memory that S3 has, ${evicted} files are let go of`, async () => {
    const { look, state } = room(held * MIB, 100);
    assert.equal((await look()).kind, 'enough');
    assert.equal(state.evicted, evicted);
  });
}

for (const [held, kind] of [[255, 'enough'], [256, 'last'], [300, 'last']]) {
  test(`${held} MiB of which S3 has nothing: ${kind}`, async () => assert.equal((await room(held * MIB, 0).look()).kind, kind));
}

test('the end is told as one of room, and not of the disk', async () => {
  const seen = await room(256 * MIB, 0).look();
  assert.deepEqual([seen.error.code, seen.error.reason, seen.error.limit], ['quota-low', 'memory', 0]);
});
