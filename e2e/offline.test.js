/**
 * The network goes away in mid-recording, and comes back.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { download } from './lib/download.js';
import { teeMediaRecorder } from './lib/in-page.js';
import { assertSameRecording } from './lib/media.js';
import { openRecorderPage } from './lib/numbered-recorder.js';
import { Proxy } from './lib/proxy.js';
import { pause, until } from './lib/until.js';

const PART = 5 * 1024 * 1024;
let broker, browser, proxy;

before(async () => {
  broker = await BrokerDev.start({ name: 'offline' });
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url });
});

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), proxy?.close()]);
});

test('offline the upload pauses and the recording goes on; online it goes on at once, and completes with identical bytes', async (t) => {
  const context = await browser.newContext();
  await context.addInitScript(teeMediaRecorder);
  const page = await openRecorderPage(context, broker);
  await page.begin();
  await until('a part is in S3', async () => (await page.told()).parts >= 1, { withinMs: 60_000 });

  await context.setOffline(true);
  let unplugged = true;
  proxy.fault = () => (unplugged ? { resetAfter: 1 } : undefined); // playwright's offline may leave Workers their network
  proxy.cut();
  const recordedBytes = async () => (await page.told()).progress.recordedBytes;
  const atOffline = await recordedBytes();
  await until('it says so', async () => (await page.told()).errors.some((error) => error.startsWith('offline')));
  await until('recording goes on', async () => await recordedBytes() > atOffline + 2 * PART, { withinMs: 60_000 });
  const { parts } = await page.told();
  proxy.passed.length = 0;
  await pause(2000);
  assert.deepEqual(proxy.passed, [], 'while the browser says that it is offline nothing is tried');

  unplugged = false;
  const online = performance.now();
  await context.setOffline(false);
  await until('a further part is in S3', async () => (await page.told()).parts > parts);
  t.diagnostic(`${Math.round(performance.now() - online)} ms after it was online again the next part was in S3`);
  const { watchUrl } = await page.stop();
  await assertSameRecording(await download(watchUrl), page.page);
  const { states, errors } = await page.told();
  assert.deepEqual(states, ['starting', 'recording', 'stopping', 'completed']);
  assert.ok(errors.every((error) => error.startsWith('offline')), `${errors}`);
  await context.close();
});
