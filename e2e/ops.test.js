/**
 * The operators' page: what it shows while recorders move and brokers come and go, and where the key is not. Pictures of
 * it are in e2e/out/ afterwards.
 */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, shoot } from './lib/browsers.js';
import { looks } from './lib/looks.js';
import { OpsPage } from './lib/ops-page.js';
import { makeKey, OpsSession } from './lib/ops-sessions.js';
import { until } from './lib/until.js';

const recorders = makeKey('grants+sessions');
let broker, browser, page, key;

before(async () => {
  broker = await BrokerDev.start({ name: 'ops', env: { BROKER_API_KEYS: recorders.setting } });
  key = broker.ready.api_key;
  browser = await launchChromium({ noisy: false });
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

beforeEach(async () => { page = await OpsPage.new(browser); });

afterEach(() => page.close());

test('a key that is none, is unknown, or lacks the scope is refused in words', async () => {
  await page.page.goto(`${broker.url}/ops`);
  await page.is('locked');
  assert.equal(await page.focused(), 'key');
  await looks(page.page, 'ops-locked');
  await page.enter('two words');
  await page.says(/cannot be an API key/);
  await page.enter(makeKey('ops').key);
  await page.says(/does not know this key/);
  await looks(page.page, 'ops-bad-key');
  await page.enter(recorders.key);
  await page.says(/lacks the scope “ops”/);
  const { grant } = await broker.call('POST', '/v1/grants', { body: { owner: 'ann' } });
  await page.enter(grant);
  await page.says(/This is no API key/);
  await page.is('locked');
  assert.equal(await page.focused(), 'key');
});

test('nobody is recording: the page says so, and the key is in the memory of the page alone', async () => {
  const urls = [];
  page.page.on('request', (request) => urls.push(request.url()));
  await page.open(broker.url, key);
  await page.isLive();
  assert.match(await page.page.textContent('#sessions-empty'), /No session is under way/);
  await looks(page.page, 'ops-empty');
  const kept = await page.page.evaluate(async () => JSON.stringify({
    url: location.href, name: window.name, history: history.state, cookie: document.cookie, local: { ...localStorage }, session: { ...sessionStorage },
    databases: await indexedDB.databases(), caches: await caches.keys(), workers: (await navigator.serviceWorker.getRegistrations()).length,
    text: document.documentElement.outerHTML, fields: [...document.querySelectorAll('input')].map(({ value }) => value),
  }));
  assert.ok(!kept.includes(key) && !kept.includes(key.slice(3)), 'it stands nowhere');
  assert.match(kept, /"local":\{\},"session":\{\},"databases":\[\],"caches":\[\],"workers":0/);
  assert.ok(urls.every((url) => !url.includes(key)), 'nor in an address');
  const asked = urls.map((url) => new URL(url)).map(({ origin, pathname }) => origin + pathname);
  assert.deepEqual([...new Set(asked)].sort(), ['/ops', '/v1/events', '/v1/sessions'].map((at) => broker.url + at), 'it asks the broker alone, and for no more than this');

  await page.page.click('#forget');
  await page.is('locked');
  await page.says(/forgotten/);
  await page.enter(key);
  await page.is('open');
  await page.page.reload();
  await page.is('locked');
  await page.page.goto('about:blank');
  await page.page.goBack();
  await page.is('locked');
});

test('the list moves while a recorder does, and a session that ends leaves it at once', async () => {
  await page.open(broker.url, key);
  const session = await OpsSession.open(broker, { name: 'Standup', owner: 'ann' });
  const row = await page.row(session.id);
  assert.deepEqual([row.state, row.name, row.owner, row.progress], ['Open', 'Standup', 'ann', 'Nothing yet']);
  await session.upload.send(1);
  await page.row(session.id, ({ progress }) => progress === '1 part, 5.2 MB');
  await page.look(session.id);
  await session.upload.send(1);
  await page.row(session.id, ({ progress }) => progress === '2 parts, 6.0 MB');
  await until('the details move too', async () => (await page.facts())['In S3'] === '2 parts, 6.0 MB');
  assert.equal((await page.facts())['Missing parts'], 'None');
  await page.page.click('#details .copy');
  await page.says(/Copied/);
  assert.equal(await page.page.evaluate(() => navigator.clipboard.readText()), session.id);

  await session.upload.complete();
  await page.lacks(session.id);
  await until('the details know', async () => (await page.facts()).State === 'Completed');
  assert.equal(await page.page.getAttribute('#details-watch', 'href'), session.upload.link);
  assert.deepEqual([await page.shown('#salvage'), await page.shown('#abort')], [false, false]);
  await page.filter('state', 'completed');
  await page.row(session.id);
});

test('an event makes the page look at once, and not at the next full five seconds', async () => {
  const { clock } = page.page;
  await clock.install();
  await page.open(broker.url, key);
  await page.isLive();
  await clock.pauseAt(Date.now() + 60_000); // from here on its clock goes only when it is told to
  const answered = page.page.waitForResponse(/owner=live/);
  await page.filter('owner', 'live');
  await answered;
  const session = await OpsSession.open(broker, { owner: 'live' });
  let passedMs = 0;
  await until('the new session is shown', async () => {
    await clock.runFor(90);
    passedMs += 90;
    assert.ok(passedMs < 4500, 'it came with the next regular look, if at all');
    return (await page.rows()).some(({ id }) => id === session.id);
  }, { everyMs: 250 });
});

test('names that turn the direction of writing turn nothing else, and markup stays text', async () => {
  await page.open(broker.url, key);
  const evil = '<img src=x onerror=alert(1)>';
  const turned = await OpsSession.open(broker, { name: 'שיחה עם 12 אנשים', owner: 'بن' });
  const marked = await OpsSession.open(broker, { name: evil, owner: '<b>ann</b>' });
  await page.row(turned.id);
  assert.equal((await page.row(marked.id)).name, evil);
  assert.equal(await page.page.locator('#sessions-rows :is(img, b)').count(), 0);
  const left = await page.page.$eval(`tr[data-id="${turned.id}"]`, (row) => [...row.cells].map((cell) => cell.getBoundingClientRect().left));
  assert.deepEqual(left, left.toSorted((a, b) => a - b), 'the columns stand in their order');
  await page.look(marked.id);
  await shoot(page.page, 'ops-names');
  await page.page.click('#abort');
  assert.ok((await page.asks()).includes(evil));
  await page.confirm();
  await page.says(/Aborted/);
  await page.look(turned.id);
  await page.page.click('#abort');
  await page.confirm();
  await page.lacks(turned.id);
});

test('however many sessions there are, the document holds a page of them', async () => {
  await Promise.all(Array.from({ length: 57 }, (_, i) => OpsSession.open(broker, { name: `Many ${i}`, owner: 'many' })));
  const ids = (await broker.call('GET', '/v1/sessions?owner=many&limit=100')).sessions.map(({ id }) => id);
  await page.open(broker.url, key);
  await page.filter('owner', 'many');
  const shows = async (wanted) => isDeepStrictEqual((await page.rows()).map(({ id }) => id), wanted);
  await until('a full page is shown, the longest idle first', () => shows(ids.slice(0, 50))); // before, there are 50 of all owners
  await looks(page.page, 'ops-full');
  assert.ok(await page.page.isDisabled('#sessions-pager [data-to="back"]'));
  await page.page.click('#sessions-pager [data-to="forward"]');
  await until('the rest is shown', () => shows(ids.slice(50)));
  assert.equal(await page.page.textContent('#sessions-pager span'), 'Page 2');
  assert.equal(await page.page.evaluate(() => document.activeElement.dataset.to), 'back', 'the focus is not lost with the button');
  await page.page.click('#sessions-pager [data-to="back"]');
  await until('the first page is back', async () => (await page.rows())[0]?.id === ids[0]);

  await page.filter('idle', '24h');
  await until('nothing matches', async () => (await page.rows()).length === 0);
  assert.match(await page.page.textContent('#sessions-empty'), /No session matches/);
  await page.filter('idle', '');
  await until('all match again', async () => (await page.rows()).length === 50);
  await page.filter('owner', 'nobody');
  await until('nothing matches', async () => (await page.rows()).length === 0);
  await Promise.all(ids.map((id) => broker.call('DELETE', `/v1/sessions/${id}`)));
});

test('a broker that is away leaves the list as it was, with a since; a new one goes on', async () => {
  await page.open(broker.url, key);
  const session = await OpsSession.open(broker, { name: 'Long', owner: 'ann' });
  await session.upload.send(1);
  await page.look(session.id);
  await broker.kill();
  await until('the page knows', () => page.shown('#stale'));
  assert.match(await page.page.textContent('#stale'), /The broker does not answer. What you see is from \d/);
  assert.ok((await page.rows()).some(({ id }) => id === session.id), 'what was shown stays');
  await looks(page.page, 'ops-stale');
  await page.page.click('#abort');
  await page.confirm();
  await page.says(/The answer did not come/);

  await broker.start(); // its Redis has forgotten everything
  await page.isLive();
  await page.is('open');
  const next = await OpsSession.open(broker, { name: 'After', owner: 'ann' });
  await page.row(next.id);
});

test('a key that is taken away locks the page', async () => {
  const { id } = await OpsSession.open(broker);
  await page.open(broker.url, key);
  await page.row(id);
  await page.page.route('**/v1/sessions?**', (route) => route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${makeKey('ops').key}` } }));
  await page.says(/does not know this key/);
  await page.is('locked');
  assert.equal((await page.rows()).length, 0, 'nothing of what it showed is left');
});
