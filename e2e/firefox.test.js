/**
 * The broker's own pages in Firefox, with Firefox's own fake camera and microphone.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchFirefox, shoot } from './lib/browsers.js';
import { download } from './lib/download.js';
import { temporaryFolder } from './lib/folders.js';
import { teeMediaRecorder, watchPage } from './lib/in-page.js';
import { assertSameRecording, probe } from './lib/media.js';
import { plays } from './lib/play.js';
import { RecordPage } from './lib/record-page.js';

let broker, browser;

before(async () => {
  broker = await BrokerDev.start({ name: 'firefox' });
  browser = await launchFirefox();
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

test('Firefox records camera and microphone, pauses, saves, and plays the link', async () => {
  const firefoxPage = await browser.newPage();
  await firefoxPage.evaluateOnNewDocument(teeMediaRecorder);
  await firefoxPage.evaluateOnNewDocument(watchPage);
  const page = new RecordPage(firefoxPage);
  await page.open(broker.url);
  await page.record({ camera: true, mic: true });
  await page.hasRecorded(100_000);
  await shoot(firefoxPage, 'firefox-recording');
  await page.press('#pause');
  await page.is('paused');
  await page.press('#pause');
  await page.hasRecorded(await page.bytes('recorded') + 100_000);
  await page.press('#stop');
  await page.is('completed');
  await shoot(firefoxPage, 'firefox-completed');
  assert.deepEqual(
    await firefoxPage.evaluate('states.filter((state) => state !== "loading")'),
    ['idle', 'starting', 'recording', 'paused', 'recording', 'stopping', 'completed'],
  );

  const link = await page.link();
  const bytes = await download(link);
  await assertSameRecording(bytes, firefoxPage);
  const file = path.join(temporaryFolder(), 'firefox.webm');
  writeFileSync(file, bytes);
  const streams = await probe(file);
  assert.ok(streams.video?.packets > 10 && streams.audio?.packets > 10, JSON.stringify(streams));
  await plays(firefoxPage, link);
  await shoot(firefoxPage, 'firefox-watching');
});
