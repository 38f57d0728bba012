/**
 * Screen and camera in one picture: numbers are painted into both, and read back from the decoded file.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { mintGrant } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, launchFirefox, shoot } from './lib/browsers.js';
import { download } from './lib/download.js';
import { temporaryFolder } from './lib/folders.js';
import { probe } from './lib/media.js';
import { cameraNumbers, openNumberedScreen, SCREEN_TITLE, screenNumbers, writeNumberedCamera } from './lib/two-pictures.js';
import { pause } from './lib/until.js';
import { RecordPage } from './lib/record-page.js';
import { placeOf } from '../web/composite/place.js';

const BUBBLE = { shape: 'square', size: 0.5, x: 0, y: 1, hidden: false };
let broker, browser;

before(async () => {
  const camera = path.join(temporaryFolder(), 'numbered.y4m');
  writeNumberedCamera(camera);
  broker = await BrokerDev.start({ name: 'screen-and-camera' });
  browser = await launchChromium({ args: [`--use-file-for-fake-video-capture=${camera}`, `--auto-select-tab-capture-source-by-title=${SCREEN_TITLE}`] });
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

/** A page that records, and the tab that it shares. @param {string} container @param {string} [contentType] */
async function begin(container, contentType) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  await context.grantPermissions(['camera', 'microphone'], { origin: broker.url });
  const shared = await openNumberedScreen(context);
  const page = await context.newPage();
  await page.goto(broker.barePage);
  await page.bringToFront();
  await page.evaluate(async ({ grant, ...options }) => {
    const { Recorder } = await import(`${location.origin}/web/recorder.js`);
    globalThis.told = [];
    const recorder = globalThis.recorder = new Recorder({ broker: location.origin, grant, videoBitsPerSecond: 4e6, ...options });
    recorder.addEventListener('error', ({ detail: { error } }) => globalThis.told.push(`${error.code} ${error.message}`));
    recorder.addEventListener('state', ({ detail: { state } }) => globalThis.told.push(state));
    document.body.addEventListener('click', () => { globalThis.starting = recorder.start({ screen: { video: { width: 1280, height: 720, frameRate: 30 } }, camera: true, microphone: true }); }, { once: true });
  }, { bubble: BUBBLE, container, contentType, grant: await mintGrant(broker) });
  await page.click('body');
  await page.evaluate(() => globalThis.starting);
  return { context, page, shared };
}

/** @param {any} page @param {string} name */
async function stop(page, name) {
  const { watchUrl } = await page.evaluate(() => globalThis.recorder.stop());
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, await download(watchUrl));
  return file;
}

/** The steps from one frame to the next that go back, or a second and more forwards. @param {number[]} numbers @param {number} [round] what they are counted modulo */
function leaps(numbers, round = 65536) {
  return numbers.slice(1).filter((number, i) => (number - numbers[i] + round) % round > 30);
}

for (const [container, contentType] of [['webm', 'video/webm;codecs=vp9,opus'], ['mp4', undefined]]) {
  test(`the frames of ${container} show both, and both go on`, async () => {
    const { context, page } = await begin(container, contentType);
    await pause(6000);
    const file = await stop(page, `both.${container}`);
    const { video } = await probe(file);
    assert.deepEqual([video.width, video.height], [1280, 720]);
    const [screen, camera] = [await screenNumbers(file), await cameraNumbers(file, placeOf(video, BUBBLE))];
    console.log(`${container}: ${screen.length} frames in 6 s, ${new Set(screen).size} of the screen, ${new Set(camera).size} of the camera`);
    assert.ok(new Set(screen).size > 20 && new Set(camera).size > 20, `${screen} / ${camera}`);
    assert.ok(leaps(screen).length + leaps(camera, 240).length < screen.length / 20, `${screen} / ${camera}`);
    await context.close();
  });
}

/** The frames in which something else is to be read than in the one before. @param {number[]} numbers */
function changes(numbers) {
  return numbers.flatMap((number, i) => (i > 0 && number !== numbers[i - 1] ? [i] : []));
}

/** @param {number[]} sorted */
function middle(sorted) { return sorted[Math.floor(sorted.length / 2)]; }

test('what is moved and hidden is moved and hidden in the recording; the shared tab ends, and the camera goes on, as large as it fits', async () => {
  const { context, page, shared } = await begin('mp4');
  await pause(2000);
  await page.evaluate(() => globalThis.recorder.setBubble({ x: 1, y: 0 }));
  await pause(2000);
  await page.evaluate(() => globalThis.recorder.setBubble({ hidden: true }));
  await pause(2000);
  await shared.close();
  await pause(2000);
  assert.deepEqual(await page.evaluate(() => globalThis.told), ['starting', 'recording'], 'it goes on, and nothing is wrong');
  const file = await stop(page, 'moved.mp4');
  const { video } = await probe(file);
  const whole = { x: (video.width - video.height) / 2, y: 0, width: video.height, height: video.height };
  const [screen, left, right, alone] = (await Promise.all([
    screenNumbers(file), cameraNumbers(file, placeOf(video, BUBBLE)), cameraNumbers(file, placeOf(video, { ...BUBBLE, x: 1, y: 0 })), cameraNumbers(file, whole),
  ])).map(changes);
  const says = JSON.stringify({ screen, left, right, alone });
  for (const where of [left, right, alone]) assert.ok(where.length > 3, says);
  assert.ok(middle(left) < middle(right) && middle(right) < middle(alone), says);
  const [lastBoth, firstAlone] = [Math.max(...right.filter((at) => at < middle(alone) && at < alone[0] - 1)), alone[0]];
  assert.ok(screen.filter((at) => at > lastBoth && at < firstAlone).length > 3, `the screen goes on while the camera is hidden: ${says}`);
  await context.close();
});

test('on the page one moves the camera, by a choice and by dragging it, and hides it', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.grantPermissions(['camera', 'microphone'], { origin: broker.url });
  await openNumberedScreen(context);
  const page = new RecordPage(await context.newPage());
  await page.open(broker.url);
  await page.page.bringToFront();
  await page.record({ screen: true, camera: true, mic: true });
  await page.is('recording');
  await page.hasRecorded(50_000);
  await shoot(page.page, 'screen-and-camera');
  await page.page.selectOption('#bubble-corner', '1 0');
  await page.page.selectOption('#bubble-shape', 'square');
  await page.page.fill('#bubble-size', '0.5');
  assert.deepEqual(await bubble(page), { shape: 'square', size: 0.5, x: 1, y: 0, hidden: false });
  const preview = await page.page.locator('#preview').boundingBox();
  const [middle, bottom] = [preview.x + preview.width / 2, preview.y + preview.height - 1];
  await page.page.mouse.move(middle, preview.y + preview.height / 2);
  await page.page.mouse.down();
  await page.page.mouse.move(middle, bottom, { steps: 5 });
  await page.page.mouse.up();
  const { x, y } = await bubble(page);
  assert.ok(Math.abs(x - 0.5) < 0.02 && y > 0.97, `dragged to the middle of the lower edge: ${x}, ${y}`);
  await shoot(page.page, 'screen-and-camera-dragged');
  await page.press('#bubble-hide');
  assert.equal((await bubble(page)).hidden, true);
  await page.press('#stop');
  await page.is('completed');
  await context.close();
});

/** Where the page's recorder has the camera. @param {RecordPage} page */
async function bubble(page) {
  return page.page.evaluate(() => document.querySelector('slipway-recorder').recorder.bubble);
}
