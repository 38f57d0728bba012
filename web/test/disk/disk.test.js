/**
 * Journal, part files and manifest over a folder in memory. The real disks are tested in browsers.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { Journal } from '../../disk/journal.js';
import { ManifestFile } from '../../disk/manifest.js';
import { OpfsFolder } from '../../disk/opfs-folder.js';
import { PartFiles } from '../../disk/part-files.js';
import { SpillingFolder } from '../../disk/spilling-folder.js';
import { DurableFolder } from '../lib/durable-folder.js';
import { inTicks } from '../lib/in-ticks.js';

/** @type {DurableFolder} */
let folder;
beforeEach(() => { folder = new DurableFolder(); });

const names = async () => (await folder.list()).map(({ name }) => name);
const bytesOf = async (blob) => Buffer.from(await blob.arrayBuffer());

async function read(journal, from) {
  const pieces = [];
  for await (const bytes of journal.read(from)) pieces.push(bytes);
  return Buffer.concat(pieces);
}

test('a journal that is opened again goes on where it ended', async () => {
  const bytes = randomBytes(1000);
  const first = await Journal.open(folder, { segmentBytes: 300 });
  for (let at = 0; at < 500; at += 50) await first.append(bytes.subarray(at, at + 50));
  const again = await Journal.open(folder, { segmentBytes: 300 });
  assert.equal(again.end, 500);
  await again.append(bytes.subarray(500));
  for (const from of [0, 299, 300, 301, 777]) assert.ok((await read(again, from)).equals(bytes.subarray(from)), `from ${from}`);
  assert.equal((await read(again, 1000)).length, 0);
});

test('trimming drops whole segments, and nothing that is still needed', async () => {
  const bytes = randomBytes(900);
  const journal = await Journal.open(folder, { segmentBytes: 300 });
  for (let at = 0; at < 900; at += 100) await journal.append(bytes.subarray(at, at + 100));
  await journal.trim(299);
  assert.equal((await names()).length, 3);
  await journal.trim(300);
  assert.equal((await names()).length, 2);
  await journal.trim(900);
  assert.equal((await names()).length, 1, 'the last one says where the journal is');
  assert.equal((await Journal.open(folder, { from: 650, segmentBytes: 300 })).end, 900);
  assert.ok((await read(journal, 650)).equals(bytes.subarray(650)));
});

for (const { name, holed, from, want } of [
  { name: 'in its middle', holed: 300, from: 0, want: 400 },
  { name: 'at its beginning', holed: 0, from: 0, want: 100 },
  { name: 'before what is still needed', holed: 0, from: 350, want: 900 },
]) {
  test(`a journal with a hole ${name} ends there`, async () => {
    const bytes = randomBytes(900);
    const journal = await Journal.open(folder, { segmentBytes: 300 });
    for (let at = 0; at < 900; at += 100) await journal.append(bytes.subarray(at, at + 100));
    await folder.truncate(`raw-${String(holed).padStart(16, '0')}`, 100); // the rest of it was in memory
    assert.ok((await read(await Journal.open(folder, { from }), from)).equals(bytes.subarray(from, want)));
  });
}

test('a journal whose beginning never reached the disk has nothing to give', async () => {
  const journal = await Journal.open(folder, { segmentBytes: 300 });
  for (let at = 0; at < 900; at += 100) await journal.append(randomBytes(100));
  await folder.remove('raw-0000000000000000');
  assert.equal((await read(await Journal.open(folder), 0)).length, 0);
});

test('part files give any range, whatever the pieces they came in', async () => {
  const bytes = randomBytes(3500);
  const parts = await PartFiles.open(folder, 1000, 0);
  for (const [from, to] of [[0, 1], [1, 999], [999, 2500], [2500, 3000], [3000, 3500]]) await parts.append(bytes.subarray(from, to));
  assert.deepEqual(await names(), ['part-000001', 'part-000002', 'part-000003', 'part-000004']);
  for (const [from, to] of [[0, 3500], [0, 1000], [999, 1001], [1500, 3400], [3500, 3500]]) {
    assert.ok((await bytesOf(await parts.slice(from, to))).equals(bytes.subarray(from, to)), `${from} to ${to}`);
  }
});

for (const size of [0, 999, 1000, 1001, 2500]) {
  test(`part files opened at ${size} drop what lies beyond, and go on`, async () => {
    const bytes = randomBytes(2500);
    await (await PartFiles.open(folder, 1000, 0)).append(bytes);
    const again = await PartFiles.open(folder, 1000, size);
    const other = randomBytes(2500 - size);
    await again.append(other);
    assert.ok((await bytesOf(await again.slice(0, 2500))).equals(Buffer.concat([bytes.subarray(0, size), other])));
  });
}

test('the oldest bytes that are safe make room, but never the first file nor the one that grows', async () => {
  const parts = await PartFiles.open(folder, 1000, 0);
  await parts.append(randomBytes(4500));
  const safe = (from) => from !== 1000; // all but the second
  assert.equal(await parts.evictOldest(safe), true);
  assert.deepEqual(await names(), ['part-000001', 'part-000002', 'part-000004', 'part-000005']);
  assert.equal(await parts.evictOldest(safe), true);
  assert.equal(await parts.evictOldest(safe), false);
  assert.equal(parts.lostBytes, 2000);
  await assert.rejects(parts.slice(1500, 2500), { code: 'bytes-lost' });
  assert.equal((await parts.slice(1000, 2000)).size, 1000);
  assert.equal((await PartFiles.open(folder, 1000, 4500)).lostBytes, 2000, 'it is still known when it is opened again');
});

test('a part file that is shorter than it was is missing', async () => {
  await (await PartFiles.open(folder, 1000, 0)).append(randomBytes(3500));
  await folder.truncate('part-000002', 999);
  const again = await PartFiles.open(folder, 1000, 3500);
  assert.equal(again.lostBytes, 1000);
  await assert.rejects(again.slice(1000, 2000), { code: 'bytes-lost' });
  assert.equal((await again.slice(2000, 3500)).size, 1500);
});

test('what is written to the middle of a missing file is not taken for its beginning', async () => {
  const bytes = randomBytes(3500);
  await (await PartFiles.open(folder, 1000, 0)).append(bytes);
  await folder.remove('part-000002');
  const again = await PartFiles.open(folder, 1000, 1500);
  await again.append(bytes.subarray(1500));
  await assert.rejects(again.slice(1000, 2000), { code: 'bytes-lost' });
  assert.equal(again.lostBytes, 1000);
  assert.ok((await bytesOf(await again.slice(2000, 3500))).equals(bytes.subarray(2000)));
});

for (const { name, harm } of [
  { name: 'cut short', harm: (text) => text.slice(0, -1) },
  { name: 'with another digit', harm: (text) => text.replace('"durationMs":3', '"durationMs":9') },
]) test(`a manifest ${name} leaves the one before it`, async () => {
  const file = new ManifestFile(folder);
  for (const durationMs of [1, 2, 3]) await file.write({ version: 1, durationMs });
  assert.equal((await ManifestFile.read(folder)).manifest.durationMs, 3);
  const newest = (await Promise.all(['manifest-0', 'manifest-1'].map(async (name) => ({ name, text: await (await folder.read(name)).text() }))))
    .find(({ text }) => text.includes('"durationMs":3'));
  await folder.replace(newest.name, new TextEncoder().encode(harm(newest.text)));
  const { file: again, manifest } = await ManifestFile.read(folder);
  assert.equal(manifest.durationMs, 2);
  await again.write({ version: 1, durationMs: 4 });
  assert.equal((await ManifestFile.read(folder)).manifest.durationMs, 4);
});

test('a manifest that does not fit leaves the one before it, however often it is tried', async () => {
  const file = new ManifestFile(folder);
  for (const durationMs of [1, 2]) await file.write({ version: 1, durationMs });
  folder.capacity = 0;
  for (let tries = 0; tries < 3; tries++) await assert.rejects(file.write({ version: 1, durationMs: 3 }), { name: 'QuotaExceededError' });
  assert.equal((await ManifestFile.read(folder))?.manifest.durationMs, 2);
  folder.capacity = Infinity;
  await file.write({ version: 1, durationMs: 4 });
  assert.equal((await ManifestFile.read(folder)).manifest.durationMs, 4);
});

test('a manifest of another version, or none, is left alone', async () => {
  assert.equal(await ManifestFile.read(folder), null);
  await new ManifestFile(folder).write({ version: 2 });
  assert.equal(await ManifestFile.read(folder), null);
});

test('a full disk is relieved, and written to again', async () => {
  folder.capacity = 100;
  await folder.append('old', randomBytes(80));
  const spilling = new SpillingFolder(folder);
  spilling.makeRoom = async () => { await folder.remove('old'); return true; };
  await spilling.append('new', randomBytes(50));
  assert.deepEqual(await names(), ['new']);
  assert.equal(spilling.durable, true);
});

test('a disk that does not answer counts as one that fails: the file goes on in memory, and that is told', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const spilling = new SpillingFolder(folder);
  let spills = 0;
  spilling.onSpill = () => { spills++; };
  const bytes = randomBytes(150);
  await spilling.append('file', bytes.subarray(0, 100));
  folder.append = folder.list = folder.seal = () => new Promise(() => {});
  await inTicks(t, spilling.append('file', bytes.subarray(100)));
  await inTicks(t, spilling.seal('file'));
  assert.ok((await bytesOf(await spilling.read('file'))).equals(bytes));
  assert.deepEqual([spills, spilling.durable, spilling.gone], [1, false, false]);
});

test('a disk that failed once keeps all again, when the file that went on in memory is let go of', async () => {
  const spilling = new SpillingFolder(folder);
  const append = folder.append;
  folder.append = async () => { throw new DOMException('a hiccup', 'UnknownError'); };
  await spilling.append('part-000004', randomBytes(50));
  folder.append = append;
  assert.deepEqual([spilling.durable, spilling.spilled], [false, ['part-000004']]);
  await spilling.remove('part-000004');
  await spilling.append('part-000005', randomBytes(50));
  assert.deepEqual([spilling.durable, spilling.spilled, await names()], [true, [], ['part-000005']]);
});

const MIB = 1024 * 1024;

/** A disk of 40 MiB with a reserve of 32 on it. */
async function reserved() {
  folder.capacity = 40 * MIB;
  const spilling = new SpillingFolder(folder);
  await spilling.reserve();
  const told = { full: 0, spilled: 0 };
  spilling.onFull = () => { told.full++; };
  spilling.onSpill = () => { told.spilled++; };
  return { spilling, told };
}

test('a full disk gets its reserve back: what is recorded then outlives the page all the same, and that it is full is told', async () => {
  const { spilling, told } = await reserved();
  const bytes = randomBytes(20 * MIB);
  for (let at = 0; at < bytes.length; at += 5 * MIB) await spilling.append('file', bytes.subarray(at, at + 5 * MIB));
  assert.ok((await bytesOf(await folder.read('file'))).equals(bytes));
  assert.deepEqual([told, spilling.durable], [{ full: 1, spilled: 0 }, true]);
});

test('a manifest fits into the reserve', async () => {
  const { spilling, told } = await reserved();
  await folder.append('other', randomBytes(8 * MIB));
  await new ManifestFile(spilling).write({ version: 1, durationMs: 1 });
  assert.equal((await ManifestFile.read(folder)).manifest.durationMs, 1);
  assert.equal(told.full, 1);
});

test('what S3 has makes room before the reserve does', async () => {
  const { spilling, told } = await reserved();
  await folder.append('old', randomBytes(6 * MIB));
  spilling.makeRoom = async () => { await folder.remove('old'); return true; };
  await spilling.append('new', randomBytes(5 * MIB));
  assert.equal(told.full, 0);
});

test('a reserve of before a crash is given back too', async () => {
  await reserved();
  await folder.append('old', randomBytes(8 * MIB));
  const again = new SpillingFolder(folder);
  await again.list();
  await again.append('file', randomBytes(5 * MIB));
  assert.equal(again.durable, true);
});

test('a disk that has no room for a reserve is used to its end, and the rest is kept in memory', async () => {
  folder.capacity = 5 * MIB + 100;
  const spilling = new SpillingFolder(folder);
  await spilling.reserve();
  const bytes = randomBytes(6 * MIB);
  await spilling.append('file', bytes.subarray(0, 5 * MIB));
  await spilling.append('file', bytes.subarray(5 * MIB));
  assert.ok((await bytesOf(await spilling.read('file'))).equals(bytes));
  assert.equal((await folder.read('file')).size, 5 * MIB);
  assert.equal(spilling.durable, false);
});

test('what is destroyed takes no reserve any more', async () => {
  const spilling = new SpillingFolder(folder);
  void spilling.reserve();
  await spilling.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(await names(), []);
});

test('where no room can be made a file goes on in memory, whole, and that is told once', async () => {
  folder.capacity = 100;
  const bytes = randomBytes(250);
  const spilling = new SpillingFolder(folder);
  let told = 0;
  spilling.onSpill = () => { told++; };
  for (let at = 0; at < 250; at += 50) await spilling.append('file', bytes.subarray(at, at + 50));
  await spilling.append('other', bytes);
  assert.equal((await folder.read('file')).size, 100);
  assert.ok((await bytesOf(await spilling.read('file'))).equals(bytes));
  assert.ok((await bytesOf(await spilling.read('file', 90, 160))).equals(bytes.subarray(90, 160)));
  assert.ok((await bytesOf(await spilling.read('other', 1))).equals(bytes.subarray(1)));
  assert.deepEqual([told, spilling.durable], [1, false]);
});

test('a file whose disk is gone is not taken for an empty one', async () => {
  await folder.append('file', randomBytes(80)); // before this page, which does not have it in memory
  const spilling = new SpillingFolder(folder);
  await spilling.list();
  folder.clear();
  await spilling.append('file', randomBytes(50));
  await assert.rejects(spilling.read('file'), { name: 'NotFoundError' });
  assert.equal(spilling.has('file'), false);
});

test('what was written lately is still there when the disk is cleared, goes on in memory, and that is told once', async () => {
  const bytes = randomBytes(250);
  const spilling = new SpillingFolder(folder);
  const told = [];
  spilling.onSpill = ({ reason }) => told.push(reason);
  await spilling.append('file', bytes.subarray(0, 100));
  await spilling.append('sealed', bytes);
  await spilling.seal('sealed');
  await spilling.replace('manifest', bytes.subarray(0, 10));
  folder.clear();
  await spilling.append('file', bytes.subarray(100, 200));
  await spilling.append('file', bytes.subarray(200));
  for (const name of ['file', 'sealed']) assert.ok((await bytesOf(await spilling.read(name))).equals(bytes), name);
  assert.ok((await bytesOf(await spilling.read('file', 90, 110))).equals(bytes.subarray(90, 110)));
  await spilling.replace('manifest', bytes.subarray(0, 20));
  assert.equal((await spilling.read('manifest')).size, 20);
  await spilling.remove('sealed');
  assert.deepEqual(await spilling.list(), [{ name: 'file', size: 250 }, { name: 'manifest', size: 20 }]);
  assert.deepEqual([told, spilling.durable, spilling.gone], [['storage-gone'], false, true]);
});

for (const { name, touch } of [
  { name: 'read', touch: (spilling) => spilling.read('old') },
  { name: 'replaced', touch: (spilling) => spilling.replace('old', randomBytes(1)) },
  { name: 'sealed', touch: (spilling) => spilling.seal('old') },
  { name: 'removed', touch: (spilling) => spilling.remove('old') },
]) test(`that a disk was cleared is found out when a file is ${name}`, async () => {
  await folder.append('old', randomBytes(80));
  await folder.append('older', randomBytes(80));
  const spilling = new SpillingFolder(folder);
  await spilling.list();
  folder.clear();
  await touch(spilling).catch(() => {});
  assert.deepEqual([spilling.gone, spilling.durable, spilling.has('older')], [true, false, false]);
});

test('a disk that lacks one of the files was cleared, and one that only refuses to write was not', async () => {
  const spilling = new SpillingFolder(folder);
  for (const name of ['one', 'other']) await spilling.append(name, randomBytes(80));
  folder.append = async () => { throw new DOMException('locked', 'NoModificationAllowedError'); };
  await spilling.append('one', randomBytes(80));
  assert.equal(spilling.gone, false);
  await folder.remove('other');
  await spilling.append('third', randomBytes(80));
  assert.equal(spilling.gone, true);
});

test('a file that is removed, and a reserve that is given back, are not missed', async () => {
  await reserved();
  const spilling = new SpillingFolder(folder);
  await spilling.list();
  await spilling.append('one', randomBytes(6 * MIB));
  await spilling.append('other', randomBytes(6 * MIB)); // into the reserve
  await spilling.remove('one');
  folder.append = async () => { throw new DOMException('locked', 'NoModificationAllowedError'); };
  await spilling.append('other', randomBytes(80));
  assert.equal(spilling.gone, false);
});

test('as much is in memory as was said, the newest of it, and the first part file always', async () => {
  const spilling = new SpillingFolder(folder, 300);
  const names = ['part-000001', 'part-000002', 'part-000003', 'part-000004'];
  for (const name of names) await spilling.append(name, randomBytes(100));
  folder.clear();
  await spilling.append('part-000004', randomBytes(100));
  assert.deepEqual(names.map((name) => spilling.has(name)), [true, false, true, true]);
  assert.equal((await spilling.read('part-000004')).size, 200);
});

test('what the disk was cleared of is lost, counted, and never read as something else', async () => {
  const bytes = randomBytes(3500);
  const spilling = new SpillingFolder(folder, 1600);
  const parts = await PartFiles.open(spilling, 1000, 0);
  spilling.onGone = () => parts.lost((name) => spilling.has(name));
  await parts.append(bytes);
  folder.clear();
  await assert.rejects(parts.slice(1000, 2000), { code: 'bytes-lost' });
  assert.equal(parts.lostBytes, 2000);
  await parts.append(bytes.subarray(0, 500));
  assert.ok((await bytesOf(await parts.slice(0, 1000))).equals(bytes.subarray(0, 1000)));
  assert.ok((await bytesOf(await parts.slice(3000, 4000))).equals(Buffer.concat([bytes.subarray(3000), bytes.subarray(0, 500)])));
});

test('a disk that gives fewer bytes than were written has lost them', async () => {
  await (await PartFiles.open(folder, 1000, 0)).append(randomBytes(1500));
  const parts = await PartFiles.open(folder, 1000, 1500);
  const journal = await Journal.open(folder);
  await journal.append(randomBytes(100));
  const { read } = folder;
  folder.read = async (name, from, to) => (await read.call(folder, name, from, to)).slice(1);
  await assert.rejects(parts.slice(0, 1000), { code: 'bytes-lost' });
  await assert.rejects(journal.read(0).next(), { code: 'unreadable' });
});

test('a failure that is not a full disk lets go of nothing', async () => {
  const spilling = new SpillingFolder(folder);
  folder.append = async () => { throw new DOMException('locked', 'NoModificationAllowedError'); };
  let asked = 0;
  spilling.makeRoom = async () => { asked++; return false; };
  await spilling.append('file', randomBytes(50));
  assert.deepEqual([asked, spilling.durable, (await spilling.read('file')).size], [0, false, 50]);
});

test('room that cannot be made is no reason to lose what was appended', async () => {
  folder.capacity = 0;
  const spilling = new SpillingFolder(folder);
  spilling.makeRoom = async () => { throw new DOMException('gone', 'NotFoundError'); };
  await spilling.append('file', randomBytes(50));
  assert.equal((await spilling.read('file')).size, 50);
});

/** An OPFS of one file, whose access handle is this. */
function opfsWith(handle) {
  const whole = { getSize: () => 0, truncate() {}, flush() {}, close() {}, ...handle };
  return new OpfsFolder({ removeEntry: async () => {} }, { getFileHandle: async () => ({ createSyncAccessHandle: async () => whole }) }, 'id');
}

const CLEARED = 2 ** 32 - 4;

test('a file that was taken away is not read as zeros, in the way of Chromium 156', async () => {
  const opfs = opfsWith({ write: ({ length }) => length, read: () => CLEARED });
  await opfs.append('file', randomBytes(50));
  await assert.rejects(opfs.read('file'), { name: 'NotReadableError' });
  await assert.rejects(opfs.read('file', 10, 20), { name: 'NotReadableError' });
});

test('a file that was taken away is not called full, in the way of Chromium 156', async () => {
  await assert.rejects(opfsWith({ write: () => CLEARED }).append('file', randomBytes(50)), { name: 'NotReadableError' });
});

for (const size of [CLEARED, 18446744073709552000]) {
  test(`a file of ${size} bytes is none`, async () => {
    await assert.rejects(opfsWith({ getSize: () => size }).append('file', randomBytes(50)), { name: 'NotReadableError' });
  });
}

test('a file whose entry is gone is not closed: Chromium would never come back', async () => {
  let closed = 0;
  const handle = { getSize: () => 0, write: ({ length }) => length, flush() {}, close() { closed++; } };
  let cleared = false;
  const getFileHandle = async () => {
    if (cleared) throw new DOMException('cleared', 'NotFoundError');
    return { createSyncAccessHandle: async () => handle };
  };
  const opfs = new OpfsFolder({ removeEntry: async () => {} }, { getFileHandle }, 'id');
  for (const name of ['one', 'other']) await opfs.append(name, randomBytes(50));
  await opfs.seal('one');
  assert.equal(closed, 1);
  cleared = true;
  await assert.rejects(opfs.seal('other'), { name: 'NotFoundError' });
  assert.equal(closed, 1);
});

for (const [name, written] of [['a part of it', 49], ['nothing, in the way of Chromium 156', 2 ** 32 - 8]]) {
  test(`a full disk that takes ${name} is called full, and the file is as it was`, async () => {
    let size = 0;
    const opfs = opfsWith({ write: () => { size = 30; return written; }, truncate: (to) => { size = to; } });
    await assert.rejects(opfs.append('file', randomBytes(50)), { name: 'QuotaExceededError' });
    assert.equal(size, 0);
  });
}

test('a file that could not be opened is opened anew by the next write', async () => {
  let opened = 0;
  const handle = { getSize: () => 0, write: ({ length }) => length, flush() {}, close() {} };
  const getFileHandle = async () => {
    if (++opened === 1) throw new DOMException('the disk is full', 'QuotaExceededError');
    return { createSyncAccessHandle: async () => handle };
  };
  const opfs = new OpfsFolder({ removeEntry: async () => {} }, { getFileHandle }, 'id');
  await assert.rejects(opfs.append('file', randomBytes(50)), { name: 'QuotaExceededError' });
  await opfs.append('file', randomBytes(50));
  await opfs.destroy();
});
