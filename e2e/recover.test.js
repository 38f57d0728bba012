/**
 * Tabs die, browsers die. What was recorded is found again and finished in the same upload.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { Bucket } from './lib/bucket.js';
import { assertWhole, outlives, recordSome, recoverOnly } from './lib/left-behind.js';
import { openRecorderPage } from './lib/numbered-recorder.js';
import { Profile } from './lib/profile.js';
import { until } from './lib/until.js';

let broker, bucket, profile;

before(async () => {
  broker = await BrokerDev.start({ name: 'recover' });
  bucket = new Bucket(broker.ready);
  profile = await Profile.start();
});

after(async () => {
  await profile?.close();
  bucket?.close();
  await broker?.stop();
});

for (const { name, befalls } of [
  { name: 'a killed renderer', befalls: ({ page }) => profile.crash(page.page) },
  { name: 'a reload', befalls: ({ page }) => page.page.reload() },
  { name: 'a killed browser', befalls: async () => { await profile.kill(); await profile.start(); } },
]) {
  test(`after ${name} the recording is finished in the same upload, with at most 2 s missing`, async (t) => {
    const { page } = await outlives(() => profile.context, broker, bucket, { befalls, note: (words) => t.diagnostic(words) });
    if (!page.page.isClosed()) await page.page.close();
  });
}

test('a recording that a tab is at work on is nobody else’s', async () => {
  const { page, id } = await recordSome(profile.context, broker, bucket);
  const other = await openRecorderPage(profile.context, broker);
  assert.deepEqual(await other.unfinished(), []);
  const local = await page.page.evaluate('navigator.locks.query().then(({ held }) => held[0].name.replace("slipway-recording-", ""))');
  await assert.rejects(other.discard(local), /at work/);
  await assert.rejects(other.recover(local), /invalid-state/);
  const { id: saved } = await page.stop();
  assert.equal(saved, id);
  await other.page.close();
  await page.page.close();
});

test('a discarded one leaves nothing, here or in S3', async () => {
  const { page } = await recordSome(profile.context, broker, bucket);
  await page.page.reload();
  const [left] = await until('the recording is found', async () => {
    const list = await page.unfinished();
    return list.length > 0 && list;
  });
  await page.discard(left.id);
  assert.deepEqual(await page.unfinished(), []);
  assert.deepEqual(await bucket.uploads(), []);
  await page.page.close();
});

test('where the upload was aborted meanwhile, the whole recording goes up into another', async () => {
  const { page, id } = await recordSome(profile.context, broker, bucket);
  const painted = await page.painted();
  await page.page.reload();
  await broker.call('DELETE', `/v1/sessions/${id}`);
  const { page: fresh, result, numbers } = await recoverOnly(profile.context, broker);
  assert.notEqual(result.id, id);
  assertWhole(numbers, painted);
  assert.ok((await fresh.told()).errors.some((error) => error.startsWith('started-over')));
  await fresh.page.close();
  await page.page.close();
});

test('without sync access to OPFS it is IndexedDB that keeps it', async () => {
  const { page, id } = await recordSome(profile.context, broker, bucket, { workerPrelude: 'delete FileSystemFileHandle.prototype.createSyncAccessHandle' });
  const painted = await page.painted();
  const kept = await page.page.evaluate('indexedDB.databases().then((all) => all.map(({ name }) => name))');
  assert.deepEqual(kept, ['slipway-recordings']);
  await page.page.reload();
  const { page: fresh, result, numbers } = await recoverOnly(profile.context, broker);
  assert.equal(result.id, id);
  assertWhole(numbers, painted);
  await fresh.page.close();
  await page.page.close();
});
