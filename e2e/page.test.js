/**
 * The recording page itself: what it looks like in every state, and what it does for people with a keyboard, a slow
 * network, an old tab, or second thoughts. Pictures of all of it are in e2e/out/ afterwards.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { ApiUpload } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { temporaryFolder } from './lib/folders.js';
import { looks } from './lib/looks.js';
import { writeVideo } from './lib/media.js';
import { Proxy } from './lib/proxy.js';
import { RecordPage } from './lib/record-page.js';
import { until } from './lib/until.js';

const DEVICES = ['camera', 'microphone'];

let broker, proxy, browser, context, page;

before(async () => {
  broker = await BrokerDev.start({ name: 'page' });
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url, noisy: false }); // a picture of noise takes long to save
});

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), proxy?.close()]);
});

beforeEach(async () => {
  proxy.fault = () => undefined;
  proxy.passed.length = 0;
  context = await browser.newContext();
  await context.grantPermissions(DEVICES, { origin: broker.url });
  page = new RecordPage(await context.newPage());
});

afterEach(() => context?.close());

const text = (selector) => page.page.textContent(selector);
const shown = (selector) => page.page.isVisible(selector);

test('devices are tried before, three seconds are counted, and it records what was seen', async () => {
  await page.open(broker.url);
  await looks(page.page, 'page-idle');
  await page.choose({ camera: true, mic: true });
  assert.equal(await text('#try-out'), 'Try the camera and microphone');
  await page.press('#try-out');
  await page.is('trying');
  await until('the camera shows', () => page.page.$eval('#preview', (video) => video.videoWidth === 1280 || video.videoWidth > 0));
  await until('the meter moves', () => page.page.$eval('#meter', (meter) => Number(meter.ariaValueNow) > 20));
  await looks(page.page, 'page-trying');
  await page.record({ camera: true, mic: true, countDown: true });
  await page.is('counting');
  assert.equal(await text('#status'), 'Recording starts in 3 seconds', 'it is read out, once');
  assert.equal(await page.focused(), 'start-now');
  await looks(page.page, 'page-counting');
  const counted = await until('it counts to its end', async () => {
    const [state, number] = [await page.state(), await text('#countdown')];
    return state === 'recording' && number;
  });
  assert.equal(counted, '1');
  await page.hasRecorded(20_000);
  await looks(page.page, 'page-recording');
  await page.press('#stop');
  await page.is('completed');
  await looks(page.page, 'page-completed');
});

test('without a mouse: record, skip the countdown, mute, choose no microphone, pause, stop, copy', async () => {
  await context.grantPermissions([...DEVICES, 'clipboard-read', 'clipboard-write'], { origin: broker.url });
  await page.open(broker.url);
  const { keyboard } = page.page;
  await page.reach('source-screen'); // with the camera it would be one picture, and ask for the screen
  await keyboard.press('Space');
  await page.reach('source-camera');
  await keyboard.press('Space');
  await page.reach('record');
  await keyboard.press('Enter');
  await page.is('counting');
  await keyboard.press('Enter'); // the focus is on "Start now"
  await page.is('recording', 900); // three seconds have not passed
  assert.equal(await page.focused(), 'stop');
  await page.reach('mute');
  await keyboard.press('Space');
  assert.equal(await text('#mute-label'), 'Muted');
  await until('the meter falls', () => page.page.$eval('#meter', (meter) => meter.ariaValueNow === '0'));
  await looks(page.page, 'page-muted');
  await page.reach('voice-choice');
  await keyboard.press('Home');
  await until('the choice is no microphone, which cannot be muted', () => page.page.$eval('#mute', (button) => button.disabled));
  await until('there is a link while it records', () => shown('#link'));
  await page.reach('copy');
  await keyboard.press('Enter');
  await until('the link is copied', async () => await page.page.evaluate(() => navigator.clipboard.readText()) === await page.link());
  await page.reach('pause');
  await keyboard.press('Enter');
  await page.is('paused');
  await looks(page.page, 'page-paused');
  await page.reach('stop');
  await keyboard.press('Enter');
  await page.is('completed');
});

test('cancelled while the browser asks: its answer opens nothing any more, and a file chosen meanwhile is not sent', async () => {
  await context.addInitScript(() => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      await new Promise((resolve) => { globalThis.answer = resolve; });
      return globalThis.opened = await real(constraints);
    };
  });
  await page.open(broker.url);
  await page.record({ mic: true });
  await page.is('starting');
  await looks(page.page, 'page-starting');
  await page.page.setInputFiles('#file', { name: 'a.webm', mimeType: 'video/webm', buffer: Buffer.alloc(10) });
  assert.equal(await page.state(), 'starting');
  await page.press('#cancel-start');
  await page.is('cancelled');
  await page.page.evaluate(() => globalThis.answer());
  await until('the microphone is let go of', () => page.page.evaluate(() => globalThis.opened?.getTracks().every(({ readyState }) => readyState === 'ended')));
  assert.deepEqual([await page.state(), await page.message()], ['cancelled', '']);
  assert.deepEqual(proxy.passed.filter(({ url }) => url.endsWith('/v1/sessions')), []);
});

test('cancelled while it counts down, nothing was recorded', async () => {
  await page.open(broker.url);
  await page.record({ camera: true, countDown: true });
  await page.is('counting');
  await page.press('#cancel-count');
  await page.is('cancelled');
  assert.equal(await page.page.$eval('#preview', (video) => video.srcObject), null);
});

test('what a killed tab left behind is offered, finished under its own link, or discarded', async () => {
  for (const name of ['Finished later', 'Not wanted']) {
    await page.open(broker.url);
    await page.page.fill('#name', name);
    await page.record({ camera: true, mic: true });
    await page.hasRecorded(20_000);
    await page.link();
    const { page: left } = page;
    page = new RecordPage(await context.newPage());
    await left.close(); // no unload handler runs
  }
  await page.open(broker.url);
  const rows = page.page.locator('#unfinished-list li');
  await until('both are offered', async () => await rows.count() === 2);
  assert.match(await rows.nth(1).textContent(), /Finished later.*0:0\d · [\d.,]+ (kB|MB)/);
  await looks(page.page, 'page-unfinished');

  await rows.nth(0).getByRole('button', { name: 'Discard: Not wanted' }).click();
  await page.press('#sure-yes');
  await until('it is gone', async () => await rows.count() === 1);
  await rows.nth(0).getByRole('button', { name: 'Finish: Finished later' }).click();
  await page.is('completed');
  assert.match(await text('#summary'), /^Finished later · /);
  await looks(page.page, 'page-recovered');
  await page.press('#again');
  await page.is('idle');
  await until('nothing is left', async () => !await shown('#unfinished'));
});

test('without a network it says so, asks before one leaves, and sends all of it once the network is back', async () => {
  await page.open(broker.url);
  await page.record({ camera: true, mic: true });
  await page.is('recording');
  await until('it keeps up', async () => /keeps up|first seconds/.test(await text('#transfer')));
  assert.equal(await asksBeforeLeaving(), true);
  await context.setOffline(true);
  await until('it says so in words', async () => /^No connection\. Recording goes on/.test(await text('#transfer')));
  await looks(page.page, 'page-offline');
  await page.press('#stop');
  await until('it is still saving', async () => /^No connection\. .* to go/.test(await text('#transfer')));
  await looks(page.page, 'page-saving');
  await context.setOffline(false);
  await page.is('completed');
  assert.equal(await asksBeforeLeaving(), false);
});

test('what the broker will not complete now stays on this device, and is finished later', async () => {
  proxy.fault = ({ method, url }) => (method === 'POST' && url.endsWith('/complete') ? { status: 403, code: 'forbidden' } : undefined);
  await page.open(broker.url);
  await page.record({ mic: true });
  await page.hasRecorded(1);
  await page.press('#stop');
  await page.is('failed');
  const link = await page.link();
  assert.match(await text('#transfer'), /kept on this device/);
  assert.equal(await asksBeforeLeaving(), false, 'nothing is lost by leaving');
  await looks(page.page, 'page-failed');
  proxy.fault = () => undefined;
  await page.press('#later');
  await page.page.getByRole('button', { name: /^Finish/ }).click();
  await page.is('completed');
  assert.equal(await page.link(), link, 'the link is the one from before');
});

test('whoever opens the link while it records is told how much is safe, and it plays by itself once it can', async () => {
  const file = path.join(temporaryFolder(), 'video.webm');
  await writeVideo(file, { seconds: 4, noisy: true });
  const upload = await ApiUpload.open(broker, readFileSync(file));
  await page.page.goto(upload.link);
  await page.is('waiting');
  assert.match(await page.message(), /still being recorded.*starts here by itself/);
  await upload.send(1);
  await until('it says how much is safe', async () => /5\.2 MB are saved so far/.test(await page.message()));
  await looks(page.page, 'watch-waiting');
  await upload.send(upload.parts.length - 1);
  await upload.complete();
  await until('it plays', () => page.page.$eval('#player', (video) => !video.paused && video.currentTime > 0.2));
  await looks(page.page, 'watch-ready');
});

test('a refusal says what was refused and what to do', async () => {
  await page.open(broker.url);
  for (const { source, refusal, title } of [
    { source: { screen: true }, refusal: 'NotAllowedError', title: 'The screen is not shared' },
    { source: { screen: true }, refusal: 'NotReadableError', title: 'The screen cannot be shared' },
    { source: { camera: true, mic: true }, refusal: 'NotAllowedError', title: 'Camera and microphone are not allowed' },
    { source: { camera: true }, refusal: 'NotFoundError', title: 'No camera was found' },
    { source: { mic: true }, refusal: 'NotReadableError', title: 'The device is in use' },
  ]) {
    await page.page.evaluate((name) => {
      const refuse = async () => { throw new DOMException('refused by the test', name); };
      Object.assign(navigator.mediaDevices, { getUserMedia: refuse, getDisplayMedia: refuse });
    }, refusal);
    await page.record(source);
    await until(title, async () => (await page.message()).startsWith(title));
    assert.equal(await page.state(), 'idle');
  }
  await looks(page.page, 'page-refused');
});

/** Whether the browser would ask: our handler prevents the default of a beforeunload that nobody else sees. */
function asksBeforeLeaving() {
  return page.page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
}
