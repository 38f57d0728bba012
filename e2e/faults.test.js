/**
 * Networks, S3 and brokers have bad moments. The recording does not.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, shoot } from './lib/browsers.js';
import { download } from './lib/download.js';
import { teeMediaRecorder, watchPage } from './lib/in-page.js';
import { assertSameRecording } from './lib/media.js';
import { isPartPut, Proxy } from './lib/proxy.js';
import { RecordPage } from './lib/record-page.js';
import { until } from './lib/until.js';

const PART = 5 * 1024 * 1024;
/** The shortest the broker takes. */
const URL_TTL_MS = 10_000;
let broker, browser, proxy;

before(async () => {
  broker = await BrokerDev.start({ name: 'faults', env: { BROKER_URL_TTL: `${URL_TTL_MS}ms` } });
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url });
});

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), proxy?.close()]);
});

/** What befalls the first, second … request of each kind; those after them go through. @type {Record<string, import('./lib/proxy.js').Fault[]>} */
const FAULTS = {
  open: [{ loseAnswer: true }],
  parts: [{}, { status: 503 }, { loseAnswer: true }],
  put: [
    { holdMs: URL_TTL_MS + 1000 }, // S3 itself refuses it then: 403
    { status: 403, mute: true },
    { status: 503 },
    { resetAfter: 1_000_000 },
    { status: 500 },
    { loseAnswer: true },
  ],
  complete: [{ status: 503 }, { loseAnswer: true }],
};

/** @param {import('./lib/proxy.js').Passing} passing @returns {keyof typeof FAULTS | undefined} */
function kindOf({ method, url }) {
  const { pathname } = new URL(url);
  if (isPartPut({ method, url })) return 'put';
  if (method !== 'POST') return undefined;
  if (pathname === '/v1/sessions') return 'open';
  return /\/(parts|complete)$/.exec(pathname)?.[1];
}

test('an expired URL, refusals, cuts and lost answers leave the bytes whole', async () => {
  const left = structuredClone(FAULTS);
  proxy.fault = (passing) => left[kindOf(passing)]?.shift();
  const playwrightPage = await browser.newPage({ permissions: ['camera', 'microphone'] });
  await playwrightPage.addInitScript(teeMediaRecorder);
  await playwrightPage.addInitScript(watchPage);
  const page = new RecordPage(playwrightPage);
  await page.open(broker.url);
  await page.record({ camera: true, mic: true });
  await page.hasRecorded(3 * PART);
  await shoot(playwrightPage, 'faults-recording');
  await page.press('#stop');
  await page.is('completed', 90_000);
  await shoot(playwrightPage, 'faults-completed');

  const bytes = await download(await page.link());
  await assertSameRecording(bytes, playwrightPage);
  assert.deepEqual(left, { open: [], parts: [], put: [], complete: [] }, 'every fault has happened');
  const expired = proxy.passed.find(isPartPut);
  assert.equal(expired.status, 403, 'S3 refused the URL that ran out on its way');
  assert.equal(await page.message(), '', 'the page says no more of it once it has passed');
  await playwrightPage.close();
});
