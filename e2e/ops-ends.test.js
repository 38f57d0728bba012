/**
 * How the operators' page ends a session or an upload: what it asks before, what it does, and what it leaves alone.
 * Pictures of it are in e2e/out/ afterwards.
 */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, launchFirefox, shoot } from './lib/browsers.js';
import { Bucket } from './lib/bucket.js';
import { looks } from './lib/looks.js';
import { OpsPage } from './lib/ops-page.js';
import { makeOrphans, OpsSession } from './lib/ops-sessions.js';
import { until } from './lib/until.js';

let broker, browser, page;

before(async () => {
  broker = await BrokerDev.start({ name: 'ops-ends' });
  browser = await launchChromium({ noisy: false });
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

beforeEach(async () => {
  page = await OpsPage.new(browser);
  await page.open(broker.url, broker.ready.api_key);
});

afterEach(() => page.close());

/** The session as the API tells it. @param {string} id */
const told = (id) => broker.call('GET', `/v1/sessions/${id}`);

test('a session is salvaged, once somebody has read what that means', async () => {
  const session = await OpsSession.open(broker, { name: 'Talk', owner: 'ben', bytes: 11_000_000 });
  await session.upload.send(2);
  await page.look(session.id);
  assert.equal(await page.focused(), 'details-title');
  await looks(page.page, 'ops-details');
  await page.page.click('#salvage');
  const asked = await page.asks();
  for (const fact of ['Talk', 'ben', '2 parts, 10.5 MB', session.id]) assert.ok(asked.includes(fact), `${fact} in: ${asked}`);
  assert.equal(await page.focused(), 'confirm-no', 'the harmless answer is at hand');
  await looks(page.page, 'ops-salvage');
  await page.page.keyboard.press('Escape');
  assert.equal(await page.asks(), '');
  assert.equal(await page.focused(), 'salvage', 'the focus is back where it was');
  assert.equal((await told(session.id)).state, 'open', 'Escape is a no');

  await page.page.click('#salvage');
  await page.page.click('#confirm-yes');
  await page.says(/Salvaged.*10\.5 MB are a recording now/);
  const { state, outcome } = await told(session.id);
  assert.deepEqual([state, outcome], ['completed', 'salvaged']);
  await page.lacks(session.id);
  assert.equal((await page.facts()).State, 'Salvaged');
  assert.equal(await page.focused(), 'details-title');
});

test('an abort wants the beginning of the ID to be typed, and frees the parts', async () => {
  const session = await OpsSession.open(broker, { name: 'Mistake', owner: 'ann' });
  await session.upload.send(2);
  await page.look(session.id);
  await page.page.click('#abort');
  assert.match(await page.asks(), /destroyed.*Mistake.*ann.*2 parts, 6\.0 MB/s);
  assert.equal(await page.focused(), 'confirm-typed');
  assert.ok(await page.page.isDisabled('#confirm-yes'));
  await page.page.keyboard.type('wrong');
  await page.page.keyboard.press('Enter');
  assert.ok(await page.asks(), 'Enter does nothing yet');
  assert.ok(await page.page.isDisabled('#confirm-yes'));
  await page.page.fill('#confirm-typed', '');
  await looks(page.page, 'ops-abort');
  await page.confirm();
  await page.says(/Aborted/);
  assert.equal((await told(session.id)).state, 'aborted');
  const bucket = new Bucket(broker.ready);
  assert.equal(await bucket.uploadOf(session.id), undefined, 'S3 has let go');
  bucket.close();
  await page.lacks(session.id);
  await page.filter('state', 'aborted');
  await page.row(session.id);
});

test('a session that moved since it was shown is left alone and shown anew', async () => {
  const session = await OpsSession.open(broker, { name: 'Still here', owner: 'ann' });
  await session.upload.send(1);
  for (const [act, agree] of [['salvage', () => page.page.click('#confirm-yes')], ['abort', () => page.confirm()]]) {
    await page.look(session.id);
    const before = (await page.facts()).Revision;
    await page.page.click(`#${act}`);
    await session.upload.send(act === 'salvage' ? 1 : 0);
    await agree();
    await page.says(/Nothing was done: the session has moved/);
    assert.equal((await told(session.id)).state, 'open');
    if (act === 'abort') await shoot(page.page, 'ops-moved');
    await until('it is shown anew', async () => (await page.facts()).Revision !== before);
    assert.equal((await page.facts())['In S3'], '2 parts, 6.0 MB');
    await page.page.click('#dismiss');
    assert.equal(await page.message(), '');
    await page.page.click('#details-close');
  }
});

test('orphans show what they cost, and are aborted after a second thought', async () => {
  await makeOrphans(broker.ready, [{ key: 'recordings/backup/old.webm', bytes: 6_000_000 }, { key: 'recordings/empty.webm' }]);
  await page.page.focus('#tab-sessions');
  await page.page.keyboard.press('ArrowRight');
  assert.equal(await page.focused(), 'tab-orphans');
  const row = page.page.locator('#orphans-rows tr', { hasText: 'old.webm' });
  await row.waitFor();
  assert.match(await row.innerText(), /recordings\/backup\/old\.webm.*none of ours.*1 part, 6\.0 MB.*< \$0\.01/s);
  assert.match(await page.page.textContent('#orphans-sum'), /2 uploads on this page: 6\.0 MB, < \$0\.01 a month/);
  await looks(page.page, 'ops-orphans');
  await row.getByRole('button').click();
  assert.match(await page.asks(), /Another program may be uploading this/);
  await looks(page.page, 'ops-orphan-abort');
  await page.confirm();
  await page.says(/Aborted/);
  await row.waitFor({ state: 'detached' });
  const bucket = new Bucket(broker.ready);
  assert.deepEqual((await bucket.uploads()).map(({ key: each }) => each).filter((each) => !/\/[0-9a-z]{29}\.webm$/.test(each)), ['recordings/empty.webm']);
  bucket.close();
});

test('the page works in Firefox', async () => {
  const firefox = await launchFirefox();
  try {
    const fox = new OpsPage(await firefox.newPage());
    await fox.open(broker.url, broker.ready.api_key);
    await fox.isLive();
    const session = await OpsSession.open(broker, { name: 'Fox', owner: 'ann' });
    await fox.row(session.id);
    await session.upload.send(1);
    await fox.row(session.id, ({ progress }) => progress === '1 part, 5.2 MB');
    await fox.look(session.id);
    await shoot(fox.page, 'ops-firefox');
    await fox.page.click('#abort');
    await fox.confirm();
    await fox.says(/Aborted/);
    await fox.lacks(session.id);
  } finally {
    await firefox.close();
  }
});
