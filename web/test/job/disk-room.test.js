import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskRoom } from '../../job/disk-room.js';

const MIB = 1024 * 1024;
const PER_MINUTE = 20 * MIB; // 2.8 Mbit/s, written twice: 200 MiB in five minutes

function room(freeBytes, evictable = 0) {
  let evicted = 0;
  const look = new DiskRoom({ estimate: async () => ({ quota: 10_000 * MIB, usage: 10_000 * MIB - freeBytes }), evict: async () => evicted < evictable && Boolean(++evicted) });
  return { look: () => look.look(PER_MINUTE), evicted: () => evicted };
}

for (const [mib, kind] of [[201, 'enough'], [200, 'enough'], [199, 'low'], [25, 'low'], [24, 'low'], [23, 'last'], [0, 'last']]) {
  test(`${mib} MiB free: ${kind}`, async () => assert.equal((await room(mib * MIB).look()).kind, kind));
}

test('it says for how many minutes there is room', async () => {
  const { error } = await room(81 * MIB).look();
  assert.deepEqual([error.code, error.limit], ['quota-low', 2]);
});

test('bytes that S3 has go first, as many as it takes', async () => {
  const little = room(190 * MIB, 10);
  assert.equal((await little.look()).kind, 'enough');
  assert.equal(little.evicted(), 2);
});

test('a browser that tells nothing has room', async () => {
  assert.equal((await new DiskRoom({ estimate: async () => ({}), evict: async () => false }).look(PER_MINUTE)).kind, 'enough');
});
