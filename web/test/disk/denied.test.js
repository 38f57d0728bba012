/**
 * Storage that is there and refuses, as a browser has it for a frame on another site, or where all site data is blocked.
 * Node has none of it; e2e/denied.test.js has the real ones.
 */

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { lockedIds, takeLock } from '../../base/recording-lock.js';
import { IndexedDbFolder } from '../../disk/indexeddb-folder.js';
import { createFolder, folderIds, openFolder } from '../../disk/storage.js';
import { DiskRoom } from '../../job/disk-room.js';
import { listUnfinished } from '../../job/unfinished.js';
import { inTicks } from '../lib/in-ticks.js';

const refuse = () => { throw new DOMException('denied', 'SecurityError'); };
const reject = async () => refuse();
const FILES = class FileSystemFileHandle { createSyncAccessHandle() {} };

/** @type {[string, PropertyDescriptor | undefined][]} */
const before = [];

function have(things) {
  for (const [name, descriptor] of Object.entries(things)) {
    before.push([name, Object.getOwnPropertyDescriptor(globalThis, name)]);
    Object.defineProperty(globalThis, name, { configurable: true, ...descriptor });
  }
}

afterEach(() => {
  for (const [name, descriptor] of before.splice(0)) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else delete globalThis[name];
  }
});

const rejecting = { locks: { request: reject, query: reject }, storage: { getDirectory: reject, estimate: reject, persisted: reject } };
for (const { name, things } of [
  { name: 'that rejects', things: { navigator: { value: rejecting }, indexedDB: { value: { open: refuse, databases: reject } } } },
  { name: 'that throws', things: { navigator: { get: refuse }, indexedDB: { get: refuse } } },
  { name: 'whose database opens and fails', things: { navigator: { value: rejecting }, indexedDB: { value: { open: failing, databases: async () => [{ name: 'slipway-recordings' }] } } } },
]) {
  test(`storage ${name} is no storage: memory, and no recording left behind`, async () => {
    have({ ...things, FileSystemFileHandle: { value: FILES } });
    const release = await takeLock('id');
    release();
    assert.equal((await createFolder('id')).durable, false);
    assert.equal(await openFolder('id'), null);
    assert.deepEqual([await folderIds(), [...await lockedIds()], await listUnfinished()], [[], [], []]);
    assert.deepEqual(await new DiskRoom({ evict: async () => false }).look(1e6), { kind: 'enough' });
  });
}

for (const { name, things } of [
  { name: 'no OPFS answers', things: { navigator: { value: { storage: { getDirectory: never } } }, indexedDB: { value: undefined } } },
  { name: 'no database opens', things: { navigator: { value: {} }, indexedDB: { value: { open: () => ({}), databases: async () => [{ name: 'slipway-recordings' }] } } } },
  { name: 'nobody says which databases there are', things: { navigator: { value: {} }, indexedDB: { value: { open: () => ({}), databases: never } } } },
]) {
  test(`where ${name}, the recording begins in memory all the same`, async (t) => {
    have({ ...things, FileSystemFileHandle: { value: FILES } });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    assert.equal((await inTicks(t, createFolder('id'))).durable, false);
    assert.equal(await inTicks(t, openFolder('id')), null);
    assert.deepEqual(await inTicks(t, folderIds()), []);
  });
}

function never() { return new Promise(() => {}); }

function failing() {
  const request = { error: new DOMException('denied', 'UnknownError') };
  queueMicrotask(() => request.onerror());
  return request;
}

/** An OPFS of one folder, in which no file can be written. */
function readOnlyOpfs(ids) {
  const folder = {
    getFileHandle: async () => ({ createSyncAccessHandle: reject }),
    removeEntry: reject,
    async *entries() {},
  };
  const recordings = {
    getDirectoryHandle: async (id) => { ids.add(id); return folder; },
    removeEntry: async (id) => { ids.delete(id); },
    async *keys() { yield* ids; },
  };
  return { getDirectory: async () => ({ getDirectoryHandle: async () => recordings }) };
}

test('a folder in which nothing can be written is not left behind', async () => {
  const ids = new Set();
  have({ navigator: { value: { storage: readOnlyOpfs(ids) } }, indexedDB: { value: undefined }, FileSystemFileHandle: { value: FILES } });
  assert.equal((await createFolder('id')).durable, false);
  assert.deepEqual([...ids], []);
});

/** What was recorded into IndexedDB: of each recording one file. */
function databaseOf(ids) {
  const keys = ids.map((id) => [id, 'journal', 0, 1]);
  const answers = (result) => {
    const request = { result };
    queueMicrotask(() => request.onsuccess());
    return request;
  };
  const store = { getAllKeys: () => answers(keys) };
  const db = { transaction: () => ({ objectStore: () => store }), close() {} };
  return { databases: async () => [{ name: 'slipway-recordings' }], open: () => answers(db) };
}

for (const { name, files } of [{ name: 'empty', files: [] }, { name: 'in which only writing was tried', files: ['trial'] }]) {
  test(`a folder of OPFS that was left behind ${name} hides no recording in IndexedDB`, async () => {
    const file = { getFile: async () => ({ size: 0 }) };
    const folder = { async *entries() { for (const each of files) yield [each, file]; } };
    const storage = { getDirectory: async () => ({ getDirectoryHandle: async () => ({ getDirectoryHandle: async () => folder }) }) };
    have({ navigator: { value: { storage } }, indexedDB: { value: databaseOf(['id']) }, IDBKeyRange: { value: { bound: () => ({}) } } });
    assert.ok(await openFolder('id') instanceof IndexedDbFolder);
  });
}
