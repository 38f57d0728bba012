/**
 * `slipway-recorder/react` from the npm package, in an application built by Vite, under StrictMode.
 */

import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { build } from 'vite';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { download } from './lib/download.js';
import { REPOSITORY } from './lib/folders.js';
import { until } from './lib/until.js';
import { application, packRecorder, StaticSite } from './lib/vite-app.js';

let site, broker, browser, page, errors;

before(async () => {
  site = await StaticSite.start();
  broker = site.broker = await BrokerDev.start({ name: 'react', origins: [site.origin] });
  const { tarball } = await packRecorder();
  const script = readFileSync(new URL('lib/react-app.js', import.meta.url), 'utf8').replaceAll('https://broker.example', broker.url);
  const root = await application(tarball, script);
  for (const name of ['react', 'react-dom', 'scheduler']) symlinkSync(path.join(REPOSITORY, 'e2e/node_modules', name), path.join(root, 'node_modules', name));
  await build({ root, configFile: false, logLevel: 'error', mode: 'development', resolve: { preserveSymlinks: true }, build: { minify: false } }); // StrictMode does nothing in production
  site.folder = path.join(root, 'dist');
  browser = await launchChromium({ noisy: false });
});

after(async () => {
  await browser?.close();
  await broker?.stop();
  await site?.close();
});

beforeEach(async () => {
  const context = await browser.newContext();
  await context.grantPermissions(['camera', 'microphone'], { origin: site.origin });
  page = await context.newPage();
  errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => { if (message.type() === 'error' && !/404/.test(message.text())) errors.push(message.text()); });
  await page.goto(site.origin);
  await page.waitForSelector('#hook-record');
});

afterEach(() => page?.context().close());

const text = (selector) => page.textContent(selector);

async function hookRecords() {
  await page.click('#hook-record');
  await until('the hook records', async () => {
    assert.equal(await text('#hook-error'), '');
    return await text('#state') === 'recording' && Number(await text('#bytes')) > 3000;
  }, { withinMs: 30_000 });
}

test('useRecorder records under StrictMode, and shows what the recorder says', async () => {
  await hookRecords();
  await page.click('#hook-stop');
  const link = await until('there is a link', () => text('#hook-link'), { withinMs: 30_000 });
  assert.equal(await text('#state'), 'completed');
  assert.ok((await download(link)).length > 3000);
  assert.deepEqual(errors, []);
});

test('the component records under StrictMode, and its handlers hear each event once', async () => {
  await page.click('#element >> #record');
  await page.click('#element >> #start-now');
  await until('some is recorded', () => page.locator('#element >> #recorded').evaluate((count) => Number(count.dataset.bytes) > 3000));
  await page.click('#element >> #stop');
  const link = await until('there is a link', () => text('#element-link'), { withinMs: 30_000 });
  assert.ok((await download(link)).length > 3000);
  assert.deepEqual(await page.evaluate(() => told.states), ['starting', 'recording', 'stopping', 'completed']);
  assert.deepEqual(errors, []);
});

test('a component that goes while it records completes the recording', async () => {
  await hookRecords();
  const id = await until('the session has an ID', () => text('#hook-id'));
  const session = () => broker.call('GET', `/v1/sessions/${id}`);
  assert.notEqual((await session()).state, 'completed');
  await page.evaluate(() => globalThis.takeAway());
  await until('the broker has completed it', async () => (await session()).state === 'completed', { withinMs: 30_000 });
});
