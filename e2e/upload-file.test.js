/**
 * A file goes the way a recording goes.
 */

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { mintGrant } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, shoot } from './lib/browsers.js';
import { Bucket } from './lib/bucket.js';
import { askRecording, download } from './lib/download.js';
import { temporaryFolder } from './lib/folders.js';
import { watchPage } from './lib/in-page.js';
import { sha256, writeVideo } from './lib/media.js';
import { plays } from './lib/play.js';
import { Proxy } from './lib/proxy.js';
import { RecordPage } from './lib/record-page.js';
import { until } from './lib/until.js';
import { StaticSite } from './lib/vite-app.js';

const file = path.join(temporaryFolder(), 'a day at the sea.webm');
let broker, bucket, browser, proxy, elsewhere;

before(async () => {
  await writeVideo(file, { seconds: 16, noisy: true });
  elsewhere = await StaticSite.start();
  elsewhere.folder = temporaryFolder();
  writeFileSync(path.join(elsewhere.folder, 'index.html'), '<!doctype html><title>Somebody else’s page</title>');
  broker = await BrokerDev.start({ name: 'upload-file', origins: [elsewhere.origin] });
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url });
  bucket = new Bucket(broker.ready);
});

after(async () => {
  await browser?.close();
  bucket?.close();
  await Promise.all([broker?.stop(), proxy?.close(), elsewhere?.close()]);
});

async function openPage() {
  const playwrightPage = await browser.newPage();
  await playwrightPage.addInitScript(watchPage);
  const page = new RecordPage(playwrightPage);
  await page.open(broker.url);
  return page;
}

test('a file of several parts arrives as it is, and progress is shown on the way', async () => {
  const { size } = statSync(file);
  assert.ok(size > 15e6, `the file is large enough: ${size}`);
  proxy.fault = ({ method }) => (method === 'PUT' ? { holdMs: 300 } : undefined); // loopback is faster than the eye
  const page = await openPage();
  await page.page.setInputFiles('#file', file);
  await page.is('uploading');
  await until('some of it is safe', async () => await page.bytes('safe') > 0, { everyMs: 20 });
  await shoot(page.page, 'upload-uploading');
  await page.is('completed');
  await shoot(page.page, 'upload-completed');
  const between = await page.page.evaluate((all) => safeBytes.filter((bytes) => bytes > 0 && bytes < all), size);
  assert.ok(between.length > 0, 'the page has shown a part of the way');
  const link = await page.link();
  assert.equal(sha256(await download(link)), sha256(readFileSync(file)));
  await plays(page.page, link);
  assert.equal(await page.page.textContent('#title'), path.basename(file));
  await page.page.close();
});

test('a cancelled upload leaves no upload in S3', async () => {
  proxy.fault = ({ method }) => (method === 'PUT' ? { holdMs: 2000 } : undefined);
  const page = await openPage();
  await page.page.setInputFiles('#file', file);
  await page.is('uploading');
  await until('S3 has the upload', async () => (await bucket.uploads()).length === 1);
  await page.press('#cancel-upload');
  await page.press('#sure-yes');
  await page.is('idle');
  await until('the page says so', async () => /was cancelled/.test(await page.message()));
  assert.deepEqual(await bucket.uploads(), []);
  await page.page.close();
});

for (const { name, downloadsAs, mimeType } of [
  { name: 'IMG_0001.MOV', downloadsAs: 'IMG_0001.MOV' },
  { name: 'memo.caf', downloadsAs: 'memo.caf' },
  { name: 'talk.mka', downloadsAs: 'talk.mka' },
  { name: '00001.m2ts', downloadsAs: '00001.m2ts' },
  { name: 'song.ogg', downloadsAs: 'song.ogg' },
  { name: `${'録'.repeat(100)}.mp4`, downloadsAs: `${'録'.repeat(83)}.mp4`, mimeType: 'video/mp4' },
]) {
  test(`${name.slice(-12)} goes up as what it is, and downloads under its name`, async () => {
    proxy.fault = () => undefined;
    const buffer = Buffer.from('no more than its name says what it is');
    const file = path.join(temporaryFolder(), name.slice(-12));
    writeFileSync(file, buffer);
    const page = await openPage();
    // Of a file the browser itself says the type; the disk takes no name as long as that of some.
    await page.page.setInputFiles('#file', mimeType ? { name, mimeType, buffer } : file);
    await page.is('completed');
    const { url } = await askRecording(await page.link());
    const disposition = (await fetch(url)).headers.get('content-disposition');
    const [, encoded] = /filename\*?=(?:utf-8'')?"?([^"]+)/.exec(disposition);
    assert.equal(decodeURIComponent(encoded), downloadsAs);
    await page.page.close();
  });
}

test('on another origin the browser asks once whether it may ask for URLs, and not before each call', async () => {
  proxy.fault = () => undefined;
  const from = proxy.passed.length;
  const page = await browser.newPage();
  await page.goto(elsewhere.origin);
  const { outcome } = await page.evaluate(async ({ url, grant }) => {
    const { uploadFile } = await import(`${url}/web/recorder.js`);
    return uploadFile(new File([new Uint8Array(31e6)], 'a.webm', { type: 'video/webm' }), { broker: url, grant });
  }, { url: broker.url, grant: await mintGrant(broker) });
  assert.equal(outcome, 'completed');
  const calls = proxy.passed.slice(from).filter(({ url }) => url.endsWith('/parts')).map(({ method }) => method);
  assert.ok(calls.filter((method) => method === 'POST').length > 1, 'it called more than once');
  assert.equal(calls.filter((method) => method === 'OPTIONS').length, 1, calls.join(' '));
  await page.close();
});
