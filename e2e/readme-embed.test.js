/**
 * The lines that README shows for a page: they are taken from there, with the addresses of here, and record.
 */

import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'vite';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { REPOSITORY } from './lib/folders.js';
import { until } from './lib/until.js';
import { application, packRecorder, StaticSite } from './lib/vite-app.js';

const README = readFileSync(path.join(REPOSITORY, 'README.md'), 'utf8');
const [, embed] = README.split('\n## Embed it\n');

/** The lines of README's first block of a language there. @param {string} language */
function lines(language) {
  const [, code] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(embed) ?? [];
  assert.ok(code, `README has no ${language}`);
  return code.replaceAll('https://broker.example', broker.url).replaceAll('/slipway-grant', '/grant');
}

const PAGE = './page.jsx'; // as the application names it

let site, broker, browser;

before(async () => {
  site = await StaticSite.start();
  broker = site.broker = await BrokerDev.start({ name: 'readme-embed', origins: [site.origin] });
  browser = await launchChromium({ noisy: false });
});

after(async () => {
  await browser?.close();
  await broker?.stop();
  await site?.close();
});

/** The page is there: it records, and its own line prints the link. */
async function recordsAndPrintsTheLink() {
  const context = await browser.newContext();
  await context.grantPermissions(['camera', 'microphone'], { origin: site.origin });
  const page = await context.newPage();
  const printed = [];
  page.on('console', (message) => printed.push(message.text()));
  await page.goto(site.origin);
  const part = (id) => page.locator(`slipway-recorder >> #${id}`); // the application has buttons of its own
  await part('source-screen').uncheck();
  await part('count-down').uncheck();
  await part('record').click();
  await until('some is recorded', async () => {
    const state = await page.$eval('slipway-recorder', (recorder) => recorder.state);
    if (!['idle', 'starting', 'recording'].includes(state)) throw new Error(`the element is ${state}: ${await part('message').textContent()}`);
    return part('recorded').evaluate((count) => Number(count.dataset.bytes) > 3000);
  }, { withinMs: 60_000 });
  await part('stop').click();
  await until('the link is printed', () => printed.some((line) => line.startsWith(`${broker.url}/watch/`)), { withinMs: 60_000 });
  await context.close();
}

test('the three lines for a page record', async () => {
  const html = lines('html');
  assert.equal(html.trim().split('\n').length, 3);
  site.folder = await application(await packed(), '');
  writeFileSync(path.join(site.folder, 'index.html'), `<!doctype html><html lang="en"><title>By README</title>${html}`);
  await recordsAndPrintsTheLink();
});

test('the lines for React record, in an application built by Vite', async () => {
  const root = await application(await packed(), `import { createElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import Page from '${PAGE}';
createRoot(document.body.appendChild(document.createElement('div'))).render(createElement(StrictMode, null, createElement(Page)));`);
  writeFileSync(path.join(root, 'page.jsx'), lines('jsx'));
  for (const name of ['react', 'react-dom', 'scheduler']) symlinkSync(path.join(REPOSITORY, 'e2e/node_modules', name), path.join(root, 'node_modules', name));
  await build({ root, configFile: false, logLevel: 'error', resolve: { preserveSymlinks: true }, oxc: { jsx: { runtime: 'automatic' } } });
  site.folder = path.join(root, 'dist');
  await recordsAndPrintsTheLink();
});

let tarball;
async function packed() { return tarball ??= (await packRecorder()).tarball; }
