/**
 * The recording page in WebKitGTK, which records MP4 with H.264 and AAC.
 */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { decode } from '../../web/test/lib/media-tools.js';
import { walk } from '../../web/test/mp4/walk.js';
import { BrokerDev } from '../lib/broker-dev.js';
import { recordsByButtons } from '../lib/by-buttons.js';
import { download } from '../lib/download.js';
import { temporaryFolder } from '../lib/folders.js';
import { probe } from '../lib/media.js';
import { plays, playsFrom } from '../lib/play.js';
import { RecordPage } from '../lib/record-page.js';
import { launchWebKit } from '../lib/webkit.js';

let broker, browser;

before(async () => {
  broker = await BrokerDev.start({ name: 'webkit-record' });
  browser = await launchWebKit();
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

/** An ordinary MP4, and of it ffmpeg has nothing to say. @param {string} file */
async function assertOrdinary(file) {
  const { fragmented, types } = walk(readFileSync(file));
  assert.deepEqual([fragmented, types], [false, ['ftyp', 'moov', 'free', 'mdat']]);
  assert.equal(await decode(file), '');
  const { video, audio } = await probe(file);
  assert.deepEqual([video?.codec, audio.codec], ['h264', 'aac']);
}

test('WebKit records camera and microphone, pauses, saves an ordinary MP4, and plays the link', async () => {
  const { page, file } = await recordsByButtons(browser, broker, 'webkit');
  await assertOrdinary(file);
  await playsFrom(page, 0.5);
  await page.close();
});

test('without a mouse: record, mute, pause, stop', async () => {
  const page = new RecordPage(await browser.newPage());
  const { keyboard } = page.page;
  await page.open(broker.url);
  await page.reach('source-camera');
  await keyboard.press('Space');
  await page.reach('record');
  await keyboard.press('Enter');
  await page.is('counting');
  assert.equal(await page.focused(), 'start-now');
  await keyboard.press('Enter');
  await page.is('recording');
  await page.reach('mute');
  await keyboard.press('Space');
  assert.equal(await page.page.$eval('>>> #mute-label', (label) => label.textContent), 'Muted');
  await page.hasRecorded(20_000);
  await page.reach('pause');
  await keyboard.press('Enter');
  await page.is('paused');
  await page.reach('stop');
  await keyboard.press('Enter');
  await page.is('completed');
  const link = await page.link();
  const file = path.join(temporaryFolder(), 'by-keyboard.mp4');
  writeFileSync(file, await download(link));
  await assertOrdinary(file);
  await plays(page.page, link, { warned: false });
  await page.page.close();
});
