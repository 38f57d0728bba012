/**
 * Somebody else's page in WebKitGTK: Recorder.check() finds it well, and a file goes up from it.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { mintGrant } from '../lib/api.js';
import { BrokerDev } from '../lib/broker-dev.js';
import { Bucket } from '../lib/bucket.js';
import { assertAllIsWell } from '../lib/check-findings.js';
import { download } from '../lib/download.js';
import { EmbedSite } from '../lib/embed-site.js';
import { temporaryFolder } from '../lib/folders.js';
import { sha256, writeVideo } from '../lib/media.js';
import { plays } from '../lib/play.js';
import { RecordPage } from '../lib/record-page.js';
import { launchWebKit } from '../lib/webkit.js';

let site, broker, bucket, browser;

before(async () => {
  site = await EmbedSite.start();
  broker = site.broker = await BrokerDev.start({ name: 'webkit-site', origins: [site.origin] });
  bucket = new Bucket(broker.ready);
  browser = await launchWebKit();
});

after(async () => {
  await browser?.close();
  bucket?.close();
  await Promise.all([broker?.stop(), site?.close()]);
});

test('on a page with the documented lines all is well, and S3 keeps nothing of it', () => (
  assertAllIsWell(browser, site, bucket, { records: /video\/mp4/, storage: /^IndexedDB, this browser does not say how much is free/ })
));

test('uploadFile() on another origin sends a file of several parts as it is', async () => {
  const page = await browser.newPage();
  await page.goto(`${site.origin}/`);
  const { outcome, watchUrl, sum } = await page.evaluate(async ({ url, grant }) => {
    const { uploadFile } = await import(`${url}/web/recorder.js`);
    const bytes = new Uint8Array(12e6).map((_, i) => i * 31 + (i >> 8));
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    const result = await uploadFile(new File([bytes], 'a.webm', { type: 'video/webm' }), { broker: url, grant });
    return { ...result, sum: [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
  }, { url: broker.url, grant: await mintGrant(broker) });
  assert.equal(outcome, 'completed');
  assert.equal(sha256(await download(watchUrl)), sum);
  await page.close();
});

test('a file that is chosen on the recording page arrives as it is, and plays', async () => {
  const file = path.join(temporaryFolder(), 'a day at the sea.webm');
  await writeVideo(file, { seconds: 8 });
  const page = new RecordPage(await browser.newPage());
  await page.open(broker.url);
  await page.page.setInputFiles('>>> #file', file);
  await page.is('completed');
  const link = await page.link();
  assert.equal(sha256(await download(link)), sha256(readFileSync(file)));
  await plays(page.page, link);
  assert.equal(await page.page.$eval('#title', (title) => title.textContent), path.basename(file));
  await page.page.close();
});
