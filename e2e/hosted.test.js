/**
 * The broker's recording page, opened by an application with a grant: it says whose the recording will be, tells the
 * application what was recorded, and leads back.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { ElementSite } from './lib/element-site.js';
import { RecordPage } from './lib/record-page.js';
import { until } from './lib/until.js';

let site, broker, browser;

before(async () => {
  site = await ElementSite.start();
  broker = site.broker = await BrokerDev.start({ name: 'hosted', env: { BROKER_RETURN_ORIGINS: site.origin } });
  browser = await launchChromium({ noisy: false });
});

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), site?.close()]);
});

test('an application opens the page with a grant, is told the id and the link, and is gone back to', async () => {
  const context = await browser.newContext();
  await context.grantPermissions(['camera', 'microphone'], { origin: broker.url });
  const app = await context.newPage();
  await app.goto(site.origin);
  const { grant } = await broker.call('POST', '/v1/grants', { body: { owner: 'ann', display_name: 'Ann Example' } });
  const opened = context.waitForEvent('page');
  await app.evaluate((url) => {
    globalThis.messages = [];
    addEventListener('message', ({ data, origin }) => messages.push({ ...data, origin }));
    open(url);
  }, `${broker.url}/#grant=${grant}&return_url=${encodeURIComponent(`${site.origin}/done?a=1`)}`);
  const page = new RecordPage(await opened);
  await page.is('idle');
  assert.equal(new URL(page.page.url()).hash, '', 'neither is left in the address');
  await until('it says whose it will be', async () => /Ann Example/.test(await page.page.textContent('#owner')));
  await page.record({ mic: true });
  await page.hasRecorded(3000);
  await page.press('#stop');
  await page.is('completed');
  const link = await page.link();
  const [message] = await until('the application is told', async () => {
    const got = await app.evaluate(() => messages);
    return got.length > 0 && got;
  });
  const id = new URL(link).pathname.split('/').pop();
  assert.deepEqual(message, { type: 'slipway-recording', id, watchUrl: link, origin: broker.url });
  const back = await until('there is a way back', () => page.page.$eval('#way-back', (way) => !way.hidden && way.href));
  assert.equal(back, `${site.origin}/done?a=1&slipway_id=${id}#${new URLSearchParams({ slipway_link: link })}`);
  await context.close();
});

test('an application that the settings do not name is neither told nor gone back to', async () => {
  const stranger = await ElementSite.start();
  stranger.broker = broker;
  const context = await browser.newContext();
  await context.grantPermissions(['camera', 'microphone'], { origin: broker.url });
  try {
    const app = await context.newPage();
    await app.goto(stranger.origin);
    const { grant } = await broker.call('POST', '/v1/grants', { body: { owner: 'ann' } });
    const opened = context.waitForEvent('page');
    await app.evaluate((url) => {
      globalThis.messages = [];
      addEventListener('message', ({ data }) => messages.push(data));
      open(url);
    }, `${broker.url}/#grant=${grant}&return_url=${encodeURIComponent(stranger.origin)}`);
    const page = new RecordPage(await opened);
    await page.is('idle');
    const asked = page.page.waitForResponse((response) => response.url().endsWith('/v1/page'), { timeout: 60_000 });
    await page.record({ mic: true });
    await page.hasRecorded(3000);
    await page.press('#stop');
    await page.is('completed');
    await asked;
    await new Promise((resolve) => { setTimeout(resolve, 500); });
    assert.equal(await page.page.isVisible('#way-back'), false);
    assert.deepEqual(await app.evaluate(() => messages), []);
  } finally {
    await context.close();
    await stranger.close();
  }
});
