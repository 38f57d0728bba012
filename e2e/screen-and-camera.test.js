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

/** A page that records, and the tab that it shares. @param {string} container */
async function begin(container) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  await context.grantPermissions(['camera', 'microphone'], { origin: broker.url });
  const shared = await openNumberedScreen(context);
  const page = await context.newPage();
  await page.goto(broker.barePage);
  await page.bringToFront();
  await page.evaluate(async ({ bubble, container, grant }) => {
    const { Recorder } = await import(`${location.origin}/web/recorder.js`);
    globalThis.told = [];
    const recorder = globalThis.recorder = new Recorder({ broker: location.origin, grant, bubble, container, videoBitsPerSecond: 4e6 });
    recorder.addEventListener('error', ({ detail: { error } }) => globalThis.told.push(error.code));
    recorder.addEventListener('state', ({ detail: { state } }) => globalThis.told.push(state));
    document.body.addEventListener('click', () => { globalThis.starting = recorder.start({ screen: { video: { width: 1280, height: 720, frameRate: 30 } }, camera: true, microphone: true }); }, { once: true });
  }, { bubble: BUBBLE, container, grant: await mintGrant(broker) });
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

/** How many of the steps from one frame to the next go forwards by a few. @param {number[]} numbers @param {number} [round] what they are counted modulo */
function onward(numbers, round = 65536) {
  return numbers.slice(1).filter((number, i) => (number - numbers[i] + round) % round <= 6).length / (numbers.length - 1);
}

for (const container of ['webm', 'mp4']) {
  test(`the frames of ${container} show both, and both go on`, async () => {
    const { context, page } = await begin(container);
    await pause(6000);
    const file = await stop(page, `both.${container}`);
    const { video } = await probe(file);
    assert.deepEqual([video.width, video.height], [1280, 720]);
    const [screen, camera] = [await screenNumbers(file), await cameraNumbers(file, placeOf(video, BUBBLE))];
    console.log(`${container}: ${screen.length} frames in 6 s, ${new Set(screen).size} of the screen, ${new Set(camera).size} of the camera`);
    assert.ok(new Set(screen).size > 30 && new Set(camera).size > 30, `${screen} / ${camera}`);
    assert.ok(onward(screen) > 0.95 && onward(camera, 240) > 0.95, `${screen} / ${camera}`);
    await context.close();
  });
}
