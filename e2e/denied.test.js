/**
 * Browsers that keep nothing for a site, though they have the interfaces for it.
 */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, launchFirefox } from './lib/browsers.js';
import { Bucket } from './lib/bucket.js';
import { download } from './lib/download.js';
import { beforeItLoads, teeMediaRecorder } from './lib/in-page.js';
import { lateDataApart } from './lib/late-data.js';
import { assertLittleMissing, assertWhole, recordSome, recoverOnly } from './lib/left-behind.js';
import { assertSameRecording } from './lib/media.js';
import { frameNumbers } from './lib/numbered.js';
import { Profile } from './lib/profile.js';

let broker, bucket;

before(async () => {
  broker = await BrokerDev.start({ name: 'denied' });
  bucket = new Bucket(broker.ready);
});

after(async () => {
  bucket?.close();
  await broker?.stop();
});

/** A Chromium that blocks all site data. */
async function blocking() {
  const profile = new Profile();
  mkdirSync(path.join(profile.folder, 'Default'), { recursive: true });
  const block = 2; // of Chromium's content settings
  writeFileSync(path.join(profile.folder, 'Default', 'Preferences'), JSON.stringify({ profile: { default_content_setting_values: { cookies: block } } }));
  await profile.start();
  return { context: profile.context, close: () => profile.close() };
}

/** A Firefox that blocks all site data. */
async function blockingFirefox() {
  const browser = await launchFirefox({ 'network.cookie.cookieBehavior': 2 });
  return { context: browser, close: () => browser.close() };
}

for (const { name, start, assertRecorded } of [
  { name: 'Chromium that blocks site data', start: blocking, assertRecorded: assertWhole },
  // Firefox' encoder leaves frames out on a busy machine: 29 in a row were seen. What it delivers is in S3 all the same.
  { name: 'Firefox that blocks site data', start: blockingFirefox, assertRecorded: assertLittleMissing },
]) {
  test(`${name}: it is told that nothing is kept, and the recording goes up from memory`, async (t) => {
    const { context, close } = await start();
    t.after(close);
    const { page } = await recordSome(context, broker, bucket, { prepare: (bare) => beforeItLoads(bare, teeMediaRecorder) });
    assert.deepEqual(await page.unfinished(), []);
    const painted = await page.painted();
    const { watchUrl } = await page.stop();
    const bytes = await download(watchUrl);
    await assertSameRecording(bytes, page.page);
    assertRecorded(await frameNumbers(bytes), painted);
    const { states, troubles } = await page.told();
    assert.deepEqual(states, ['starting', 'recording', 'stopping', 'completed']);
    assert.deepEqual(await lateDataApart(page.page, troubles), ['not-durable']);
  });
}

test('an empty folder that a browser left behind hides no recording in another storage', async (t) => {
  const browser = await launchChromium();
  t.after(() => browser.close());
  const context = await browser.newContext();
  const { page, id } = await recordSome(context, broker, bucket, { workerPrelude: 'delete FileSystemFileHandle.prototype.createSyncAccessHandle' });
  const painted = await page.painted();
  await page.page.evaluate(async () => {
    const { held } = await navigator.locks.query();
    const left = held[0].name.replace('slipway-recording-', '');
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('slipway-recordings', { create: true });
    await root.getDirectoryHandle(left, { create: true });
  });
  await page.page.reload();
  const { result, numbers } = await recoverOnly(context, broker);
  assert.equal(result.id, id);
  assertWhole(numbers, painted);
});
