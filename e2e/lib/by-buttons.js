/**
 * A recording as a person makes it, by the page's own buttons, in whatever browser.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { shoot } from './browsers.js';
import { download } from './download.js';
import { temporaryFolder } from './folders.js';
import { beforeItLoads, teeMediaRecorder, watchPage } from './in-page.js';
import { assertSameRecording, probe } from './media.js';
import { plays } from './play.js';
import { RecordPage } from './record-page.js';

/** How much more is recorded before the next button is pressed. */
const SOME_BYTES = 100_000;

/**
 * Records camera and microphone, pauses, stops; holds what is in S3 against what MediaRecorder delivered, and plays the link.
 *
 * @param {{newPage: () => Promise<any>}} browser
 * @param {import('./broker-dev.js').BrokerDev} broker
 * @param {string} name of the pictures in e2e/out/
 */
export async function recordsByButtons(browser, broker, name) {
  const inBrowser = await browser.newPage();
  await beforeItLoads(inBrowser, teeMediaRecorder);
  await beforeItLoads(inBrowser, watchPage);
  const page = new RecordPage(inBrowser);
  await page.open(broker.url);
  await page.record({ camera: true, mic: true });
  await page.hasRecorded(SOME_BYTES);
  await shoot(inBrowser, `${name}-recording`);
  await page.press('#pause');
  await page.is('paused');
  await page.press('#pause');
  await page.hasRecorded(await page.bytes('recorded') + SOME_BYTES);
  await page.press('#stop');
  await page.is('completed');
  await shoot(inBrowser, `${name}-completed`);
  assert.deepEqual(
    await inBrowser.evaluate('states.filter((state) => state !== "loading")'),
    ['idle', 'starting', 'recording', 'paused', 'recording', 'stopping', 'completed'],
  );

  const link = await page.link();
  const bytes = await download(link);
  await assertSameRecording(bytes, inBrowser);
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, bytes);
  const streams = await probe(file);
  assert.ok(streams.video?.packets > 10 && streams.audio?.packets > 10, JSON.stringify(streams));
  await plays(inBrowser, link);
  await shoot(inBrowser, `${name}-watching`);
  return { page: inBrowser, link, file };
}
