/**
 * What is hardest to tell from success: an S3 that says nothing, one that fails again and again, and a PUT that was given
 * up and lands after its replacement.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { download } from './lib/download.js';
import { teeMediaRecorder, watchPage } from './lib/in-page.js';
import { assertSameRecording } from './lib/media.js';
import { isPartPut, Proxy } from './lib/proxy.js';
import { RecordPage } from './lib/record-page.js';
import { until } from './lib/until.js';

const PART = 5 * 1024 * 1024;
let broker, proxy;

before(async () => {
  broker = await BrokerDev.start({ name: 'stubborn' });
  proxy = await Proxy.start();
});

after(async () => { await Promise.all([broker?.stop(), proxy?.close()]); });

/** @param {{noisy: boolean}} how @param {(page: RecordPage, playwrightPage: any) => Promise<void>} work */
async function inPage({ noisy }, work) {
  const browser = await launchChromium({ proxy: proxy.url, noisy });
  try {
    const playwrightPage = await browser.newPage({ permissions: ['camera', 'microphone'] });
    if (noisy) await playwrightPage.addInitScript(teeMediaRecorder);
    await playwrightPage.addInitScript(watchPage);
    const page = new RecordPage(playwrightPage);
    await page.open(broker.url);
    await page.record({ camera: true, mic: true });
    await work(page, playwrightPage);
  } finally {
    await browser.close();
  }
}

const isComplete = ({ method, url }) => method === 'POST' && new URL(url).pathname.endsWith('/complete');

test('500 five times, and then an answer that never comes', async () => {
  const left = [...Array(5).fill({ status: 500 }), { silent: true }];
  proxy.fault = (passing) => (isPartPut(passing) ? left.shift() : undefined);
  await inPage({ noisy: true }, async (page, playwrightPage) => {
    await page.hasRecorded(2 * PART);
    await until('every fault has happened', () => left.length === 0, { withinMs: 90_000 });
    await page.press('#stop');
    await page.is('completed', 120_000);
    await assertSameRecording(await download(await page.link()), playwrightPage);
  });
});

test('a PUT that lands after its replacement is found out, and put right', async () => {
  let stranded = 0;
  let landed = 0;
  const completes = [];
  proxy.passed.length = 0;
  proxy.fault = (passing) => {
    if (isPartPut(passing) && stranded++ === 0) return { strand: true };
    if (!isComplete(passing)) return undefined;
    completes.push(passing);
    return completes.length === 1 ? { first: async () => { landed = await proxy.land(); } } : undefined;
  };
  await inPage({ noisy: false }, async (page) => {
    await until('the tail was put', () => stranded > 1, { withinMs: 60_000 }); // the checkpoint, stranded, and again
    const recorded = await page.bytes('recorded');
    await page.hasRecorded(recorded + 50_000);
    await page.press('#stop');
    await page.is('completed', 60_000);
    const bytes = await download(await page.link());
    assert.equal(landed, 200, 'the old PUT was as good as any');
    assert.deepEqual(completes.map(({ status }) => status), [409, 200], 'what S3 had was not what was claimed');
    assert.ok(bytes.length > recorded, `${bytes.length} bytes, and ${recorded} were recorded before the end`);
  });
});
