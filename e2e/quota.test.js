/**
 * A disk that runs full in mid-recording: Chromium's own limit, set low.
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
import { until } from './lib/until.js';

const MIB = 1024 * 1024;
/** Room for some 14 MiB of recording, which is written twice, and for what is kept back for its end. */
const QUOTA_BYTES = 60 * MIB;

let broker, browser, proxy;

before(async () => {
  broker = await BrokerDev.start({ name: 'quota' });
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url });
});

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), proxy?.close()]);
});

test('a recording whose disk runs full ends cleanly, says so, is kept on the disk, and completes with identical bytes', async (t) => {
  const context = await browser.newContext();
  await context.addInitScript(teeMediaRecorder);
  const page = await openRecorderPage(context, broker);
  const devtools = await context.newCDPSession(page.page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: broker.url, quotaSize: QUOTA_BYTES });
  proxy.fault = ({ method }) => (method === 'PUT' ? { status: 503 } : undefined); // S3 has nothing that could make room
  await page.begin();
  const { progress, errors } = await until('it ends by itself', async () => {
    const told = await page.told();
    return told.states.at(-1) === 'stopping' && told;
  }, { withinMs: 120_000 });
  const { usage, quota } = await page.page.evaluate('navigator.storage.estimate()');
  t.diagnostic(`${progress.recordedBytes} bytes recorded; the browser calls ${usage} of ${quota} used`);
  assert.deepEqual(errors.filter((error) => /^(quota-low|not-durable)/.test(error)).map((error) => error.split(':')[0]), ['quota-low'], 'it is told, and nothing is in memory alone');

  proxy.fault = () => undefined;
  const { watchUrl } = await page.stop();
  await assertSameRecording(await download(watchUrl), page.page);
  assert.deepEqual((await page.told()).states, ['starting', 'recording', 'stopping', 'completed']);
  await context.close();
});
