/**
 * Applications with the recorder from its npm package, each built by another bundler: each records in Chromium. Vite's
 * is in vite.test.js, and pages without a build in embed.test.js and any-page.test.js.
 */

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerDev } from '../lib/broker-dev.js';
import { launchChromium } from '../lib/browsers.js';
import { temporaryFolder } from '../lib/folders.js';
import { recordingScript, recordInApp } from '../lib/record-in-app.js';
import { application, packRecorder, StaticSite } from '../lib/vite-app.js';
import { BUNDLERS } from './bundlers.js';
import { freePort, NEXT_VERSION, NextApp } from './next-app.js';

/** What the applications import. `slipway-recorder/source` shows what bundlers made of the modules. */
const RECORDER = process.env.SLIPWAY_APPS_IMPORT ?? 'slipway-recorder';

let site, next, broker, tarball, script, browser;

before(async () => {
  site = await StaticSite.start();
  next = new NextApp(await freePort());
  broker = site.broker = await BrokerDev.start({ name: 'apps', origins: [site.origin, next.origin] });
  ({ tarball } = await packRecorder());
  script = recordingScript({ broker: broker.url, recorder: RECORDER });
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await broker?.stop();
  await site?.close();
});

/** Records on the page, which loads nothing from the broker. @param {string} origin */
async function recordOn(origin) {
  const page = await browser.newPage();
  try {
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(origin);
    await recordInApp(page);
    assert.deepEqual(asked.filter((url) => url.startsWith(`${broker.url}/web/`)), [], 'nothing of it came from the broker');
  } finally {
    await page.close();
  }
}

for (const { name, build } of BUNDLERS) {
  test(name, async () => {
    const root = await application(tarball, script);
    site.folder = temporaryFolder();
    cpSync(path.join(root, 'index.html'), path.join(site.folder, 'index.html'));
    await build(root, site.folder);
    await recordOn(site.origin);
  });
}

for (const { name, how } of /** @type {const} */ ([
  { name: 'built by Turbopack', how: 'start' },
  { name: 'in development', how: 'dev' },
])) {
  test(`Next.js ${NEXT_VERSION}, ${name}`, async () => {
    await next.prepare({ tarball, script, broker });
    if (how === 'start') await next.build();
    try {
      await next.serve(how);
      await recordOn(next.origin);
    } finally {
      next.stop();
    }
  });
}
