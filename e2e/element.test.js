/**
 * `<slipway-recorder>` in somebody else's page.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { uploadByApi } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { download } from './lib/download.js';
import { ElementSite } from './lib/element-site.js';
import { temporaryFolder } from './lib/folders.js';
import { writeVideo } from './lib/media.js';
import { until } from './lib/until.js';

let broker, site, browser, context, page, errors;

before(async () => {
  site = await ElementSite.start();
  broker = site.broker = await BrokerDev.start({ name: 'element', origins: [site.origin] });
  browser = await launchChromium({ noisy: false });
});

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), site?.close()]);
});

beforeEach(async () => {
  context = await browser.newContext();
  await context.grantPermissions(['camera', 'microphone'], { origin: site.origin });
  errors = [];
  page = await context.newPage();
  page.on('console', (message) => { if (message.type() === 'error' && !/favicon/.test(message.text())) errors.push(message.text()); });
  page.on('pageerror', (error) => errors.push(String(error)));
});

afterEach(() => context?.close());

const script = () => `<script type="module" src="${broker.url}/web/element.js"></script>`;
const element = (attributes = '') => `<slipway-recorder broker="${broker.url}" grant-url="/slipway-grant" ${attributes}></slipway-recorder>`;

async function video() {
  const file = path.join(temporaryFolder(), 'video.webm');
  await writeVideo(file, { seconds: 4 });
  return readFileSync(file);
}

/** @param {string} body */
async function open(body) {
  site.body = body;
  site.asked.length = 0;
  await page.goto(site.origin);
  await page.waitForSelector('#record', { state: 'attached' });
  await page.evaluate(() => {
    globalThis.told = [];
    document.addEventListener('state', ({ target, detail: { state, result } }) => told.push({ id: target.id, state, link: result?.watchUrl }));
  });
}

const state = (which = 'slipway-recorder') => page.$eval(which, (recorder) => recorder.state);
const is = (wanted, which) => until(`the element is ${wanted}`, async () => await state(which) === wanted, { withinMs: 40_000 });

/** @param {string} [which] */
async function recordFrom(which = 'slipway-recorder') {
  const part = (id) => page.locator(`${which} >> #${id}`);
  if (await part('source-screen').isChecked()) await part('source-screen').uncheck();
  await part('source-mic').setChecked(true);
  await part('count-down').uncheck();
  await part('record').click();
  await is('recording', which);
  await until('some is recorded', () => part('recorded').evaluate((count) => Number(count.dataset.bytes) > 3000));
}

test('a strange page under a strict policy records with one script and one element', async () => {
  await open(script() + element('name="From a form"'));
  await recordFrom();
  await page.click('#stop');
  await is('completed');
  const { link } = await page.evaluate(() => told.at(-1));
  assert.ok((await download(link)).length > 3000);
  assert.match(await page.textContent('#summary'), /From a form/);
  assert.deepEqual(site.asked.filter((line) => line.includes('grant')), ['POST /slipway-grant']);
  assert.deepEqual(errors, []);
});

test('only the sources that the page names are offered', async () => {
  await open(script() + element('sources="microphone"'));
  assert.deepEqual(await Promise.all(['#screen-tile', '#camera-tile', '#mic-tile', '#file-label'].map((part) => page.isVisible(part))), [false, false, true, false]);
});

test('an element that is moved while it records goes on in the same recording', async () => {
  await open(`${script()}${element('id="one"')}<section></section>`);
  await recordFrom('#one');
  const id = await page.$eval('#one', (recorder) => recorder.recorder.id);
  await page.$eval('#one', (recorder) => { document.querySelector('section').append(recorder); });
  await new Promise((resolve) => { setTimeout(resolve, 1500); }); // longer than an element may be away
  assert.equal(await state('#one'), 'recording');
  await page.click('#stop');
  await is('completed', '#one');
  assert.ok((await page.evaluate(() => told.at(-1).link)).includes(id));
});

test('an element that is taken away while it records completes the recording, and says so', async () => {
  await open(script() + element('id="one"'));
  await recordFrom('#one');
  const done = page.evaluate(() => new Promise((resolve) => {
    const one = document.querySelector('#one');
    one.addEventListener('state', ({ detail: { state, result } }) => { if (state === 'completed') resolve(result.watchUrl); });
    one.remove();
  }));
  assert.ok((await download(await done)).length > 3000);
});

test('two elements of one page record one after the other, each its own', async () => {
  await open(script() + element('id="one"') + element('id="two"'));
  await recordFrom('#one');
  await recordFrom('#two');
  assert.equal(await state('#one'), 'recording');
  await page.locator('#one >> #stop').click();
  await is('completed', '#one');
  assert.equal(await state('#two'), 'recording');
  await page.locator('#two >> #stop').click();
  await is('completed', '#two');
  const links = (await page.evaluate(() => told)).filter(({ link }) => link);
  assert.deepEqual(links.map(({ id }) => id), ['one', 'two']);
  assert.equal(new Set(links.map(({ link }) => link)).size, 2);
});

test('without a grant the element says so, and records once it has one', async () => {
  await open(`${script()}<slipway-recorder broker="${broker.url}"></slipway-recorder>`);
  await is('blocked');
  assert.match(await page.textContent('#message'), /needs a grant/);
  await page.$eval('slipway-recorder', (recorder) => { recorder.grant = async () => (await fetch('/slipway-grant', { method: 'POST' })).text(); });
  await is('idle');
  await recordFrom();
});

test('a player of a strange page plays a link, and says what is wrong with another', async () => {
  await page.goto('about:blank');
  const link = await uploadByApi(broker, await video());
  site.body = `<script type="module" src="${broker.url}/web/player.js"></script><slipway-player src="${link}"></slipway-player>`;
  await page.goto(site.origin);
  await until('it plays', () => page.$eval('slipway-player', async ({ video }) => {
    await video?.play();
    return video?.currentTime > 0.5;
  }));
  await page.$eval('slipway-player', (player, src) => {
    player.addEventListener('failed', ({ detail }) => { globalThis.failure = detail; });
    player.src = src;
  }, link.replace(/#.*/, '#wrong'));
  await until('it explains', async () => /link is incomplete/.test(await page.textContent('slipway-player >> #message')));
  assert.equal((await page.evaluate(() => globalThis.failure)).status, 401);
});

test('a minute before the longest time it is seen, heard and read out', async () => {
  await context.addInitScript(() => {
    globalThis.heard = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function count(...at) { globalThis.heard++; return start.apply(this, at); };
  });
  await open(script() + element('max-minutes="1.05"')); // three seconds of it are before the last minute
  assert.match(await page.textContent('#limit-note'), /At most 1.05 minutes/);
  await recordFrom();
  const box = page.locator('slipway-recorder >> #message');
  await until('it warns', async () => /One minute left/.test(await box.textContent()), { withinMs: 30_000 });
  assert.equal(await box.getAttribute('aria-live'), 'polite');
  assert.ok(await page.evaluate(() => globalThis.heard) > 0);
  assert.equal(await state(), 'recording');
});

test('at the longest time the recording stops by itself, and all of it is kept', async () => {
  await open(script() + element('max-minutes="0.1"'));
  await recordFrom();
  await is('completed');
  assert.match(await page.textContent('#message'), /longest time/);
  const { durationMs } = await page.evaluate(() => document.querySelector('slipway-recorder').recorder.stop());
  assert.ok(durationMs >= 6000 && durationMs < 12_000, `${durationMs} ms`);
});

test('what was recorded is shown, renamed and deleted after the end', async () => {
  await open(script() + element('name="First"'));
  await recordFrom();
  await page.click('#stop');
  await is('completed');
  const id = await page.$eval('slipway-recorder', ({ recorder }) => recorder.id);
  await until('what was recorded is shown', () => page.$eval('#video', (video) => video.readyState >= 2));
  await page.fill('#title', 'Second');
  await page.click('#rename');
  await until('it has the new name', async () => (await broker.call('GET', `/v1/recordings/${id}`)).title === 'Second');
  await until('the page says so', async () => /Second/.test(await page.textContent('#summary')));
  await page.click('#delete');
  await page.click('#sure-yes');
  await is('idle');
  await assert.rejects(broker.call('GET', `/v1/recordings/${id}`), /410|404/);
});

/** Holds what the page asks of the broker, until it is let go. @param {string} method */
async function hold(method) {
  let letGo, asked;
  const free = new Promise((resolve) => { letGo = resolve; });
  const held = new Promise((resolve) => { asked = resolve; });
  await page.route(/\/v1\/recordings\/[^/]+$/, async (route) => {
    if (route.request().method() === method) {
      asked();
      await free;
    }
    await route.continue();
  });
  return { held, letGo };
}

test('a late answer about one recording leaves the next one alone', async () => {
  await open(script() + element());
  await page.evaluate(() => {
    for (const name of ['deleted', 'renamed']) document.addEventListener(name, ({ detail }) => told.push({ event: name, ...detail }));
  });
  await page.setInputFiles('slipway-recorder >> input[type=file]', { name: 'first.webm', mimeType: 'video/webm', buffer: await video() });
  await is('completed');
  const id = new URL((await page.evaluate(() => told.at(-1))).link).pathname.split('/').at(-1);
  const { held, letGo } = await hold('DELETE');
  await page.click('#delete');
  await page.click('#sure-yes');
  await held;
  await page.click('#again');
  await recordFrom();
  letGo();
  const deleted = await until('the page is told', () => page.evaluate(() => told.find(({ event }) => event === 'deleted') ?? false));
  assert.equal(await state(), 'recording');
  assert.equal(deleted.id, id);
  await page.click('#stop');
  await is('completed');
});

test('what was recorded is silent once another is begun', async () => {
  await open(script() + element());
  await page.setInputFiles('slipway-recorder >> input[type=file]', { name: 'first.webm', mimeType: 'video/webm', buffer: await video() });
  await is('completed');
  await until('it plays', () => page.$eval('#video', async (video) => {
    video.loop = true;
    video.poster = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=';
    await video.play();
    return video.currentTime > 0.2;
  }));
  await page.click('#again');
  await is('idle');
  const [at, poster] = await page.$eval('#video', (video) => [{ paused: video.paused, time: video.currentTime }, video.getAttribute('poster')]);
  assert.deepEqual(at, { paused: true, time: 0 });
  assert.equal(poster, null, 'nor is its picture left');
});

test('the switches decide what the browser does to a voice', async () => {
  await context.addInitScript(() => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (constraints) => { globalThis.asked = constraints; return real(constraints); };
  });
  await open(script() + element('sources="microphone"'));
  await page.click('#noise');
  await recordFrom();
  const { noiseSuppression, echoCancellation } = (await page.evaluate(() => globalThis.asked)).audio;
  assert.deepEqual({ noiseSuppression, echoCancellation }, { noiseSuppression: false, echoCancellation: true });
});
