/**
 * The npm package: what is in it, and that an application which Vite bundles with it records.
 */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { REPOSITORY } from './lib/folders.js';
import { recordingScript, recordInApp } from './lib/record-in-app.js';
import { bundle, packRecorder, StaticSite } from './lib/vite-app.js';

let packed;
before(async () => { packed = await packRecorder(); });

test('the package has the recorder with its types, its licence and its manual, and nothing else', () => {
  const { files } = packed;
  const web = path.join(REPOSITORY, 'web');
  const modules = readdirSync(web, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js') && !/^(dist|node_modules|pages|test|types)\//.test(name));
  const built = modules.filter((name) => /^(element|messages|player)(\/|\.js$)|^react\.js$/.test(name)); // these lie in dist/ alone
  const types = modules.map((name) => `types/${name.replace(/\.js$/, '.d.ts')}`);
  const made = [...built.filter((name) => !name.includes('/')), 'recorder.js', 'worker.js'].map((name) => `dist/${name}`);
  assert.deepEqual([...files].sort(), [...modules.filter((name) => !built.includes(name)), ...types, ...made, 'LICENSE', 'README.md', 'package.json'].sort());
});

test('an application bundled by Vite records, with the Worker in its bundle', async () => {
  const site = await StaticSite.start();
  const broker = site.broker = await BrokerDev.start({ name: 'vite', origins: [site.origin] });
  const browser = await launchChromium();
  try {
    site.folder = await bundle(packed.tarball, recordingScript({ broker: broker.url, recorder: 'slipway-recorder' }));
    const page = await browser.newPage();
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(site.origin);
    await recordInApp(page);
    assert.deepEqual(asked.filter((url) => url.startsWith(`${broker.url}/web/`)), [], 'nothing of it came from the broker');
  } finally {
    await browser.close();
    await broker.stop();
    await site.close();
  }
});
