/**
 * The broker dies, and Redis with all it knew. Recordings go on; links stay.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, shoot } from './lib/browsers.js';
import { Bucket } from './lib/bucket.js';
import { download } from './lib/download.js';
import { teeMediaRecorder, watchPage } from './lib/in-page.js';
import { assertSameRecording, sha256 } from './lib/media.js';
import { plays } from './lib/play.js';
import { idOf, RecordPage } from './lib/record-page.js';
import { pause, until } from './lib/until.js';

const PART = 5 * 1024 * 1024;
let broker, browser, link, saved;

before(async () => {
  broker = await BrokerDev.start({ name: 'restart' });
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

test('a recording outlives a kill -9 of the broker and a Redis that forgot it', async () => {
  const playwrightPage = await browser.newPage({ permissions: ['camera', 'microphone'] });
  await playwrightPage.addInitScript(teeMediaRecorder);
  await playwrightPage.addInitScript(watchPage);
  const page = new RecordPage(playwrightPage);
  await page.open(broker.url);
  await page.record({ camera: true, mic: true });
  await until('a part is safe', async () => await page.bytes('safe') >= PART, { withinMs: 60_000 });
  const { pid } = broker.ready;

  await broker.kill();
  const whenKilled = await page.bytes('recorded');
  await page.hasRecorded(whenKilled + PART); // so that there is something it cannot send
  await pause(1500);
  await shoot(playwrightPage, 'restart-away');
  await broker.start();
  assert.notEqual(broker.ready.pid, pid);

  await page.hasRecorded(await page.bytes('recorded') + PART / 2);
  await page.press('#stop');
  await page.is('completed');
  await shoot(playwrightPage, 'restart-completed');
  assert.deepEqual(await page.page.evaluate('states.filter((state) => state !== "loading")'), ['idle', 'starting', 'recording', 'stopping', 'completed']);
  link = await page.link();
  const bytes = await download(link);
  await assertSameRecording(bytes, playwrightPage);
  saved = sha256(bytes);
  const bucket = new Bucket(broker.ready);
  assert.equal(await bucket.uploadOf(idOf(link)), undefined, 'no upload is left open');
  bucket.close();
  await playwrightPage.close();
});

test('an old link plays after a restart', async () => {
  assert.ok(link, 'there is an old link');
  await broker.stop();
  await broker.start();
  const bytes = await download(link);
  assert.equal(sha256(bytes), saved);
  const page = await browser.newPage();
  await plays(page, link);
  await page.close();
});
