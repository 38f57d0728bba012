/**
 * The npm package: what is in it, and that an application which Vite bundles with it records.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { download } from './lib/download.js';
import { REPOSITORY, temporaryFolder } from './lib/folders.js';
import { probe } from './lib/media.js';
import { until } from './lib/until.js';
import { bundle, packRecorder, StaticSite } from './lib/vite-app.js';

let packed;
before(async () => { packed = await packRecorder(); });

test('the package has the recorder with its types, its licence and its manual, and nothing else', () => {
  const { files } = packed;
  const web = path.join(REPOSITORY, 'web');
  const modules = ['', 'disk/', 'webm/'].flatMap((folder) => readdirSync(path.join(web, folder)).filter((name) => name.endsWith('.js')).map((name) => folder + name));
  const types = modules.map((name) => `types/${name.replace(/\.js$/, '.d.ts')}`);
  assert.deepEqual([...files].sort(), [...modules, ...types, 'LICENSE', 'README.md', 'package.json'].sort());
});

test('an application bundled by Vite records, with the Worker in its bundle', async () => {
  const site = await StaticSite.start();
  const broker = site.broker = await BrokerDev.start({ name: 'vite', origins: [site.origin] });
  const browser = await launchChromium();
  try {
    const script = readFileSync(new URL('lib/embed-app.js', import.meta.url), 'utf8')
      .replace('https://broker.example/web/recorder.js', 'slipway-recorder')
      .replaceAll('https://broker.example', broker.url);
    site.folder = await bundle(packed.tarball, script);
    const page = await browser.newPage();
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(site.origin);
    await until('its script runs', () => page.evaluate('"told" in globalThis'));
    await page.click('#record');
    const told = async () => {
      const now = await page.evaluate('told');
      if (now.error) throw new Error(now.error);
      return now;
    };
    await until('it records', async () => (await told()).progress?.recordedBytes > 300_000);
    await page.click('#stop');
    const { watchUrl, outcome } = await until('stop() resolves', async () => (await told()).result);
    assert.equal(outcome, 'completed');
    const file = path.join(temporaryFolder(), 'bundled.webm');
    writeFileSync(file, await download(watchUrl));
    const streams = await probe(file);
    assert.ok(streams.video?.packets > 5 && streams.audio?.packets > 5, JSON.stringify(streams));
    assert.deepEqual(asked.filter((url) => url.startsWith(`${broker.url}/web/`)), [], 'nothing of it came from the broker');
  } finally {
    await browser.close();
    await broker.stop();
    await site.close();
  }
});
