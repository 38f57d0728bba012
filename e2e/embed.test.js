/**
 * The recorder in somebody else's page: another origin than the broker, and a policy that allows nothing but it.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, launchFirefox } from './lib/browsers.js';
import { download } from './lib/download.js';
import { EmbedSite } from './lib/embed-site.js';
import { temporaryFolder } from './lib/folders.js';
import { teeMediaRecorder } from './lib/in-page.js';
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
