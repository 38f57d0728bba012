/** MP4 that is interrupted, by the page's end or the disk's: it becomes the very file that it would have become. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBlob } from '../../base/read-blob.js';
import { concat } from '../../container/concat.js';
import { ManifestFile } from '../../disk/manifest.js';
import { DurableFolder } from '../lib/durable-folder.js';
import { until } from '../lib/job-run.js';
import { completed, FORMS, Mp4Jobs, noted, PART_BYTES, takeIn } from '../lib/mp4-jobs.js';
import { recording } from '../mp4/recordings.js';
import { mediaOf, walk } from '../mp4/walk.js';

const jobs = new Mp4Jobs();

/** A folder's method as it is, but for the index. @param {(name: string, ...args: any[]) => Promise<any>} method @param {string} error */
function failing(method, error) {
  return async function failingForTheIndex(name, ...args) {
    if (name === 'index') throw new DOMException('no', error);
    return method.call(this, name, ...args);
  };
}

for (const { place, pieces, whole } of FORMS) {
  test(`${place}: one that was interrupted is the same as one that was not`, async () => {
    const run = jobs.run({ timing: { noteMs: 0 } });
    await takeIn(run, pieces, pieces.length - 2);
    await noted(run.folder, pieces.slice(0, -2));
    run.folder.replace = async () => { throw new Error('no note is written any more'); };
    await takeIn(run, pieces, pieces.length, pieces.length - 2);
    const folder = await run.kill();
    const { manifest } = await ManifestFile.read(folder);
    assert.ok(manifest.indexSize > 0 && JSON.stringify(manifest.transform).length < 10_000, 'the index is not in the manifest');
    const files = await folder.list();
    assert.ok(files.find(({ name }) => name === 'index').size > manifest.indexSize, 'it has grown since');
    await completed(jobs.run({ folder, recover: true }));
    assert.ok(jobs.cloud.object.equals(whole.file));
  });

  test(`${place}: one that was interrupted when all but its completion was done sends nothing again`, async () => {
    jobs.cloud.fault = ({ op }) => (op === 'complete' ? { status: 503 } : undefined);
    const run = jobs.run({ timing: { noteMs: 0 } });
    await takeIn(run, pieces);
    run.end(10);
    await until(() => jobs.cloud.count('complete') > 0, 'all to be in S3');
    const folder = await run.kill();
    jobs.cloud.fault = () => undefined;
    const puts = jobs.cloud.count('put');
    await completed(jobs.run({ folder, recover: true }));
    assert.equal(jobs.cloud.count('put'), puts);
    assert.ok(jobs.cloud.object.equals(whole.file));
  });

  test(`${place}: recorded for longer than its samples say, it lasts as long, also where it was interrupted at its end`, async () => {
    const recordedMs = whole.mp4.durationMs + 7000;
    const last = Math.ceil(whole.file.length / PART_BYTES);
    jobs.cloud.fault = ({ op, number }) => (op === 'put' && number === last ? 'hang' : undefined);
    const run = jobs.run({ timing: { noteMs: 0 } });
    await takeIn(run, pieces);
    run.end(recordedMs);
    await until(async () => (await ManifestFile.read(run.folder))?.manifest.durationMs === recordedMs, 'its length is noted');
    const folder = await run.kill();
    jobs.cloud.fault = () => undefined;
    await completed(jobs.run({ folder, recover: true }));
    assert.ok(Math.abs(walk(jobs.cloud.object).durationMs - recordedMs) < 1);
  });

  for (const { what, harm } of [
    { what: 'is lost', harm: (folder) => folder.remove('index') },
    { what: 'was cut', harm: async (folder) => folder.replace('index', new Uint8Array(await readBlob(await folder.read('index', 0, 100)))) },
    { what: 'is another', harm: (folder) => folder.replace('index', new Uint8Array(1_000_000)) },
    { what: 'cannot be read', harm: (folder) => { folder.read = failing(folder.read, 'NotReadableError'); } },
  ]) {
    test(`${place}: an index that ${what} makes it a file of fragments, which plays`, async () => {
      const run = jobs.run({ timing: { noteMs: 0 } });
      await takeIn(run, pieces);
      await noted(run.folder, pieces);
      const folder = await run.kill();
      await harm(folder);
      await completed(jobs.run({ folder, recover: true }));
      assert.equal(walk(jobs.cloud.object).fragmented, true);
      assert.deepEqual(mediaOf(jobs.cloud.object), mediaOf(concat(pieces)));
    });
  }

  test(`${place}: a disk that is full takes no index, and the recording is whole`, async () => {
    const folder = new DurableFolder();
    const run = jobs.run({ folder, timing: { noteMs: 0 } });
    await takeIn(run, pieces, 5);
    await noted(folder, pieces.slice(0, 5));
    folder.append = failing(folder.append, 'QuotaExceededError');
    const before = (await ManifestFile.read(folder)).manifest;
    jobs.cloud.fault = ({ op }) => (op === 'complete' ? { status: 503 } : undefined);
    for (const piece of pieces.slice(5)) run.add(new Blob([piece]));
    await run.said('trouble');
    run.end();
    await until(() => jobs.cloud.count('complete') > 0, 'the end');
    const after = (await ManifestFile.read(folder)).manifest;
    assert.deepEqual([after.rawOffset, after.indexSize], [before.rawOffset, before.indexSize], 'what is noted is what can be gone on from');
    jobs.cloud.fault = () => undefined;
    await completed(run);
    assert.ok(jobs.cloud.object.equals(whole.file));
  });
}

test('one that a recorder of before began goes on as it began', async () => {
  const { raw } = recording('chromium-avc-opus');
  jobs.cloud.partSize = 1_000_000;
  const folder = new DurableFolder();
  const run = jobs.run({ folder, timing: { noteMs: 0 }, job: { contentType: 'video/x-old' } });
  for (const [from, to] of [[0, 3000], [3000, 6000], [6000, raw.length]]) run.add(new Blob([raw.subarray(from, to)]));
  await until(async () => (await ManifestFile.read(folder))?.manifest.size >= 6000, 'a note');
  const left = await run.kill();
  const { file, manifest } = await ManifestFile.read(left);
  assert.deepEqual(Object.keys(manifest.transform), ['rawOffset']);
  delete manifest.indexSize;
  await file.write({ ...manifest, job: { ...manifest.job, contentType: 'video/mp4' } });
  await completed(jobs.run({ folder: left, recover: true }));
  assert.ok(jobs.cloud.object.equals(raw));
});
