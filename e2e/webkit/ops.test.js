/**
 * The operators' page in WebKitGTK.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from '../lib/broker-dev.js';
import { shoot } from '../lib/browsers.js';
import { OpsPage } from '../lib/ops-page.js';
import { OpsSession } from '../lib/ops-sessions.js';
import { launchWebKit } from '../lib/webkit.js';

let broker, browser, page;

before(async () => {
  broker = await BrokerDev.start({ name: 'webkit-ops' });
  browser = await launchWebKit();
  page = new OpsPage(await browser.newPage());
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

test('the list moves while a recorder does, and a session that is aborted here leaves it', async () => {
  await page.open(broker.url, broker.ready.api_key);
  await page.isLive();
  const session = await OpsSession.open(broker, { name: 'Standup', owner: 'ann' });
  const row = await page.row(session.id);
  assert.deepEqual([row.state, row.name, row.owner, row.progress], ['Open', 'Standup', 'ann', 'Nothing yet']);
  await session.upload.send(1);
  await page.row(session.id, ({ progress }) => progress === '1 part, 5.2 MB');
  await page.look(session.id);
  assert.equal((await page.facts())['In S3'], '1 part, 5.2 MB');
  await shoot(page.page, 'webkit-ops');
  await page.page.click('#abort');
  await page.confirm();
  await page.says(/Aborted/);
  await page.lacks(session.id);
  await page.page.click('#forget');
  await page.is('locked');
  await page.close();
});
