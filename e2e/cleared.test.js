/**
 * Site data that is cleared in mid-recording, as a sign-out in another tab does it.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { download } from './lib/download.js';
import { teeMediaRecorder } from './lib/in-page.js';
import { assertSameRecording } from './lib/media.js';
import { openRecorderPage } from './lib/numbered-recorder.js';
import { Profile } from './lib/profile.js';
import { isPartPut, Proxy } from './lib/proxy.js';
import { pause, until } from './lib/until.js';

const MIB = 1024 * 1024;
let broker, proxy, browser, profile;

before(async () => {
  broker = await BrokerDev.start({ name: 'cleared' });
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url });
  profile = await Profile.start({ proxy: proxy.url });
});

after(async () => {
  await Promise.all([browser?.close(), profile?.close()]);
  await Promise.all([broker?.stop(), proxy?.close()]);
});

const isSignOut = ({ url }) => url.endsWith('/sign-out');
const signOut = { status: 200, headers: { 'Clear-Site-Data': '"storage"' } };

/** Another tab of the origin, whose answer clears all that the site keeps. */
async function clearSiteData(context) {
  const page = await context.newPage();
  await page.goto(`${broker.url}/sign-out`);
  await page.close();
}

/** @param {import('./lib/numbered-recorder.js').RecorderPage} page @param {number} bytes */
async function recorded(page, bytes) {
  await until(`${bytes} bytes are recorded`, async () => (await page.told()).progress?.recordedBytes > bytes, { withinMs: 90_000 });
}

const codes = ({ errors }) => errors.map((error) => error.split(':')[0]);

for (const { name, context, workerPrelude } of [
  { name: 'a profile', context: () => profile.context }, // its files can still be written, and not closed
  { name: 'a private window', context: () => browser.newContext() }, // its files are read as zeros
  { name: 'IndexedDB', context: () => browser.newContext(), workerPrelude: 'delete FileSystemFileHandle.prototype.createSyncAccessHandle' },
]) {
  test(`a recording in ${name} whose site data is cleared goes on, says so, and completes with identical bytes`, async (t) => {
    const where = await context();
    const page = await openRecorderPage(where, broker, { prepare: (bare) => bare.addInitScript(teeMediaRecorder) });
    proxy.fault = (passing) => (isSignOut(passing) ? signOut : passing.method === 'PUT' ? { status: 503 } : undefined); // all of it is on the disk
    await page.begin({ workerPrelude });
    await recorded(page, 6 * MIB);
    await clearSiteData(where);
    await until('it is told', async () => codes(await page.told()).includes('not-durable'));
    proxy.fault = () => undefined;
    await recorded(page, 11 * MIB);
    const { watchUrl } = await page.stop();
    await assertSameRecording(await download(watchUrl), page.page);
    const told = await page.told();
    t.diagnostic(told.errors.join(' / '));
    assert.deepEqual(codes(told).filter((code) => /quota|lost|internal/.test(code)), []);
    assert.deepEqual(told.states, ['starting', 'recording', 'stopping', 'completed']);
    await page.page.close();
  });
}

test('what is lost with the site data is called lost, and S3 keeps what it has, to be salvaged', async (t) => {
  const context = await browser.newContext();
  let puts = 0;
  proxy.fault = (passing) => (isSignOut(passing) ? signOut : isPartPut(passing) && ++puts > 1 ? { status: 503 } : undefined);
  const before = await openRecorderPage(context, broker);
  await before.begin();
  await recorded(before, 14 * MIB);
  await pause(6000); // until all of that is noted: what is not is read again by the next page, and is in its memory
  const id = await before.id();
  await before.page.reload();
  await before.page.close();
  const page = await openRecorderPage(context, broker);
  const left = await until('the recording is found', async () => (await page.unfinished())[0]);
  const recovering = page.recover(left.id, { parallel: 1 }).then(() => 'completed', ({ message }) => message);
  await until('its parts are tried', async () => (await page.told()).errors.length > 0);
  await clearSiteData(context);
  proxy.fault = () => undefined;
  const end = await recovering;
  t.diagnostic(end);
  assert.match(end, /bytes-lost/);
  const { state, parts_reported: parts } = await broker.call('GET', `/v1/sessions/${id}`);
  assert.equal(state, 'open');
  assert.ok(parts >= 1, `${parts} parts`);
  await context.close();
});
