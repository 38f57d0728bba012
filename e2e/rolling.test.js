/**
 * Brokers are replaced one by one: pages load, and record, while two versions answer in turn. ROLLING_ROUNDS=50 plays
 * more rounds than `make test` does.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { download } from './lib/download.js';
import { EmbedSite } from './lib/embed-site.js';
import { OTHER_VERSION, TwoBrokers } from './lib/two-brokers.js';
import { until } from './lib/until.js';

const ROUNDS = Number(process.env.ROLLING_ROUNDS ?? 6);
let site, dev, brokers, browser;

before(async () => {
  site = await EmbedSite.start();
  dev = await BrokerDev.start({ name: 'rolling', origins: [site.origin] });
  brokers = site.broker = await TwoBrokers.start(dev, site.origin);
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await Promise.all([brokers?.stop(), site?.close()]);
  await dev?.stop();
});

test(`${ROUNDS} pages load and record while brokers of two versions answer in turn`, async (t) => {
  const versions = [];
  for (let round = 0; round < ROUNDS; round++) versions.push(await playRound());
  t.diagnostic(`versions loaded: ${versions.join(' ')}; answers of each: ${brokers.answers.join(' and ')}`);
  assert.deepEqual(brokers.refusals, []);
  assert.deepEqual([...new Set(versions)].length, 2, 'pages of both versions recorded');
  assert.ok(versions.includes(OTHER_VERSION));
});

/** A person with an empty cache opens the page, records and stops, and somebody watches. @returns {Promise<string>} the recorder's version */
async function playRound() {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const failures = [];
    page.on('pageerror', (error) => failures.push(String(error)));
    page.on('requestfailed', (request) => failures.push(`${request.failure()?.errorText} ${request.url().split('?')[0]}`));
    await page.goto(`${site.origin}/`);
    await until('its script runs', () => page.evaluate('"told" in globalThis'));
    const told = async () => {
      const now = await page.evaluate('told');
      if (now.error) throw new Error(now.error);
      return now;
    };
    const version = await page.evaluate((url) => import(url).then(({ Recorder }) => Recorder.version), `${brokers.url}/web/recorder.js`);
    await page.click('#record');
    await until('it records', async () => (await told()).progress?.recordedBytes > 0);
    await page.click('#stop');
    const { watchUrl, outcome, size } = await until('stop() resolves', async () => (await told()).result);
    assert.equal(outcome, 'completed');
    assert.equal((await download(watchUrl)).length, size);
    await page.goto(watchUrl); // the watch page itself
    await until('it plays', () => page.evaluate('document.querySelector("video")?.readyState >= 1'));
    assert.deepEqual(failures, []);
    return version;
  } finally {
    await context.close();
  }
}
