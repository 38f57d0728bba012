/**
 * The recorder in somebody else's page: another origin than the broker, and a policy that allows nothing but it.
 */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { mintGrant } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, launchFirefox } from './lib/browsers.js';
import { download } from './lib/download.js';
import { EmbedSite } from './lib/embed-site.js';
import { REPOSITORY, temporaryFolder } from './lib/folders.js';
import { teeMediaRecorder } from './lib/in-page.js';
import { lateDataApart } from './lib/late-data.js';
import { assertSameRecording, probe } from './lib/media.js';
import { until } from './lib/until.js';

const PART = 5 * 1024 * 1024;
let site, broker;

before(async () => {
  site = await EmbedSite.start();
  broker = site.broker = await BrokerDev.start({ name: 'embed', origins: [site.origin] });
});

after(async () => {
  await broker?.stop();
  await site?.close();
});

/** Nothing was told of, but that Firefox's first data came late. @param {any} page of either browser */
async function untroubled(page) {
  assert.deepEqual(await lateDataApart(page, (await page.evaluate('told')).troubles), []);
}

/** What recorder.js may weigh, compressed: the bundle's own test has the number. */
const MOST_BYTES = Number(/"recorder\.js": ([\d_]+)/.exec(readFileSync(path.join(REPOSITORY, 'web/bundle_test.go'), 'utf8'))[1].replaceAll('_', ''));

test('a page asks for one file before start(), compressed, and for none at it', async (t) => {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const files = [];
    page.on('response', (response) => {
      if (response.url().startsWith(`${broker.url}/web/`)) files.push(response);
    });
    await page.goto(`${site.origin}/`);
    await until('its script runs', () => page.evaluate('"told" in globalThis'));
    assert.deepEqual(files.map((response) => response.url()), [`${broker.url}/web/recorder.js`]);
    assert.equal((await files[0].allHeaders())['content-encoding'], 'gzip');
    const { responseBodySize } = await files[0].request().sizes();
    t.diagnostic(`${responseBodySize} bytes`);
    assert.ok(responseBodySize <= MOST_BYTES, `${responseBodySize} of ${MOST_BYTES} bytes`);
    await page.click('#record');
    await until('it records', async () => (await page.evaluate('told')).progress?.recordedBytes > 0);
    assert.equal(files.length, 1);
    await untroubled(page);
  } finally {
    await browser.close();
  }
});

for (const { where, originOf, workerUrl } of [
  { where: 'on the broker’s own origin, from the file of the same version', originOf: () => broker.url },
  // The page itself is the site's: Chromium lets none that a test makes up reach this machine.
  { where: 'on another origin, from the copy that workerUrl names', originOf: () => site.origin, workerUrl: '/worker.js' },
]) {
  test(`a page that forbids Workers from blob: URLs records ${where}`, async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const [origin, { url, s3_endpoint: s3 }] = [originOf(), broker.ready];
      const policy = `default-src 'none'; script-src 'self' ${url}; worker-src 'self'; connect-src 'self' ${url} ${s3}`;
      const app = readFileSync(new URL('lib/embed-app.js', import.meta.url), 'utf8').replaceAll('https://broker.example', url)
        .replace('name:', workerUrl ? `workerUrl: '${workerUrl}', name:` : 'name:');
      const serve = (path, contentType, body) => page.route(origin + path, async (route) => route.fulfill({ contentType, body: await body(), headers: { 'Content-Security-Policy': policy } }));
      if (workerUrl) site.otherPolicy = policy;
      else await serve('/', 'text/html', () => '<!doctype html><script type="module" src="/app.js"></script><button id="record">Record</button><button id="stop">Stop</button>');
      await serve('/app.js', 'text/javascript', () => app);
      await serve('/grant', 'text/plain', () => mintGrant(broker));
      await page.goto(`${origin}/`);
      await until('its script runs', () => page.evaluate('"told" in globalThis'));
      await page.click('#record');
      const told = async () => {
        const now = await page.evaluate('told');
        if (now.error) throw new Error(now.error);
        return now;
      };
      await until('it records', async () => (await told()).progress?.recordedBytes > 0);
      await page.click('#stop');
      const { watchUrl, outcome, size } = await until('stop() resolves', async () => (await told()).result);
      assert.equal(outcome, 'completed');
      assert.equal((await download(watchUrl)).length, size);
      await untroubled(page);
    } finally {
      site.otherPolicy = null;
      await browser.close();
    }
  });
}

for (const { name, launch, onNewDocument } of [
  { name: 'Chromium', launch: launchChromium, onNewDocument: 'addInitScript' },
  { name: 'Firefox', launch: launchFirefox, onNewDocument: 'evaluateOnNewDocument' },
]) {
  test(`${name} records on another origin under a strict policy, and nothing offends against it`, async () => {
    site.violations.length = 0;
    const browser = await launch();
    try {
      const page = await browser.newPage();
      await page[onNewDocument](teeMediaRecorder);
      await page.goto(`${site.origin}/`);
      const told = () => page.evaluate('told');
      await until('its script runs', () => page.evaluate('"told" in globalThis'));
      await page.click('#record');
      await until('a part is in S3 while it records', async () => {
        const { progress, error } = await told();
        if (error) throw new Error(error);
        return progress?.uploadedBytes >= PART;
      }, { withinMs: 60_000 });
      assert.deepEqual((await told()).states, ['starting', 'recording']);
      await page.click('#stop');
      const { watchUrl, size, outcome } = await until('stop() resolves', async () => {
        const { result, error } = await told();
        if (error) throw new Error(error);
        return result;
      });

      assert.equal(outcome, 'completed');
      await untroubled(page);
      const bytes = await download(watchUrl);
      assert.equal(bytes.length, size);
      await assertSameRecording(bytes, page);
      const file = path.join(temporaryFolder(), 'embedded.webm');
      writeFileSync(file, bytes);
      const streams = await probe(file);
      assert.ok(streams.video?.packets > 20 && streams.audio?.packets > 20, JSON.stringify(streams));
      assert.deepEqual(site.violations, [], 'no violation was reported');
    } finally {
      await browser.close();
    }
  });
}

test('a page on an origin that the broker was not told of gets no session', async () => {
  const other = await EmbedSite.start();
  other.broker = broker;
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${other.origin}/`);
    const refused = await page.evaluate(async (broker) => {
      const grant = await (await fetch('/grant', { method: 'POST' })).text();
      const how = { method: 'POST', headers: { Authorization: `Bearer ${grant}`, 'Content-Type': 'application/json' }, body: '{"content_type":"video/webm"}' };
      return fetch(`${broker}/v1/sessions`, how).then(({ status }) => `answered ${status}`, ({ name }) => name);
    }, broker.url);
    assert.equal(refused, 'TypeError', 'the browser keeps the answer from it');
  } finally {
    await browser.close();
    await other.close();
  }
});
