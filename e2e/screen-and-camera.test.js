/**
 * Screen and camera in one picture: numbers are painted into both, and read back from the decoded file.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mintGrant } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchFirefox, shoot } from './lib/browsers.js';
import { probe } from './lib/media.js';
import { RecordPage } from './lib/record-page.js';
import { launchWithBoth, recordScreen, stopInto } from './lib/record-screen.js';
import { cameraNumbers, openNumberedScreen, screenNumbers } from './lib/two-pictures.js';
import { pause, until } from './lib/until.js';
import { placeOf } from '../web/composite/place.js';

const BUBBLE = { shape: 'square', size: 0.5, x: 0, y: 1, hidden: false };
let broker, browser;

before(async () => {
  broker = await BrokerDev.start({ name: 'screen-and-camera' });
  browser = await launchWithBoth();
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

/** The steps from one frame to the next that go back, or a second and more forwards. @param {number[]} numbers @param {number} [round] what they are counted modulo */
function leaps(numbers, round = 65536) {
  return numbers.slice(1).filter((number, i) => (number - numbers[i] + round) % round > 30);
}

for (const [container, contentType] of [['webm', 'video/webm;codecs=vp9,opus'], ['mp4', undefined]]) {
  test(`the frames of ${container} show both, and both go on`, async () => {
    const { context, page } = await recordScreen(browser, broker, { bubble: BUBBLE, container, contentType });
    await pause(6000);
    const file = await stopInto(page, `both.${container}`);
    const { video } = await probe(file);
    assert.deepEqual([video.width, video.height], [1280, 720]);
    const [screen, camera] = [await screenNumbers(file), await cameraNumbers(file, placeOf(video, BUBBLE))];
    console.log(`${container}: ${screen.length} frames in 6 s, ${new Set(screen).size} of the screen, ${new Set(camera).size} of the camera`);
    assert.ok(new Set(screen).size > 20 && new Set(camera).size > 20, `${screen} / ${camera}`);
    assert.ok(leaps(screen).length + leaps(camera, 240).length < screen.length / 20, `${screen} / ${camera}`);
    await context.close();
  });
}

test('a screen that is no longer shared when the countdown ends is told, and the camera is recorded', async () => {
  const { context, page, shared } = await recordScreen(browser, broker, { bubble: BUBBLE, container: 'mp4', countdownMs: 3000, whileCounting: (tab) => tab.close() });
  assert.ok(shared.isClosed());
  await pause(1500);
  assert.deepEqual(await page.evaluate(() => globalThis.told), ['starting', 'recording', 'device-lost screen']);
  await stopInto(page, 'counted.mp4');
  await context.close();
});

test('a page that stops the picture it was given ends the recording', async () => {
  const { context, page } = await recordScreen(browser, broker, { bubble: BUBBLE, container: 'mp4' });
  await pause(1000);
  await page.evaluate(() => globalThis.recorder.stream.getVideoTracks()[0].stop());
  await until('it has ended', async () => (await page.evaluate(() => globalThis.told)).includes('completed'));
  await context.close();
});

// Where a frame is read, an error would be a rejection that nobody hears; a timer's reaches the page by itself.
test('an error while both are drawn ends the recording, which is told, and keeps what there is', async () => {
  const workerPrelude = `const { prototype } = OffscreenCanvasRenderingContext2D, { drawImage } = prototype;
    let drawn = 0;
    prototype.drawImage = function (...how) { if (++drawn > 120 && /follow/.test(new Error().stack)) throw new Error('no memory for a picture'); drawImage.apply(this, how); }`;
  const { context, page } = await recordScreen(browser, broker, { bubble: BUBBLE, container: 'mp4', workerPrelude });
  await until('it has ended', async () => (await page.evaluate(() => globalThis.told)).includes('completed'));
  assert.deepEqual(await page.evaluate(() => globalThis.told), ['starting', 'recording', 'worker-failed picture', 'stopping', 'completed']);
  const file = await stopInto(page, 'broken.mp4');
  assert.ok(new Set(await screenNumbers(file)).size > 10);
  await context.close();
});

/** The frames in which something else is to be read than in the one before. @param {number[]} numbers */
function changes(numbers) {
  return numbers.flatMap((number, i) => (i > 0 && number !== numbers[i - 1] ? [i] : []));
}

/** @param {number[]} sorted */
function middle(sorted) { return sorted[Math.floor(sorted.length / 2)]; }

test('what is moved and hidden is moved and hidden in the recording; the shared tab ends, and the camera goes on, as large as it fits', async () => {
  const { context, page, shared } = await recordScreen(browser, broker, { bubble: BUBBLE, container: 'mp4' });
  await pause(2000);
  await page.evaluate(() => globalThis.recorder.setBubble({ x: 1, y: 0 }));
  await pause(2000);
  await page.evaluate(() => globalThis.recorder.setBubble({ hidden: true }));
  await pause(2000);
  await shared.close();
  await pause(2000);
  const told = await page.evaluate(() => globalThis.told);
  assert.deepEqual(told.map((words) => words.split(' ', 2).join(' ')), ['starting', 'recording', 'device-lost screen'], 'it goes on, and one is told with what');
  const file = await stopInto(page, 'moved.mp4');
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

test('Firefox, which cannot, says so before it asks for a device, and the page offers one picture at a time', async () => {
  const firefox = await launchFirefox();
  try {
    const page = await firefox.newPage();
    await page.goto(broker.barePage);
    const [composes, code] = await page.evaluate(async (grant) => {
      const { Recorder } = await import(`${location.origin}/web/recorder.js`);
      const recorder = new Recorder({ broker: location.origin, grant });
      navigator.mediaDevices.getDisplayMedia = navigator.mediaDevices.getUserMedia = () => { throw new Error('a device was asked for'); };
      return [Recorder.composes, await recorder.start({ screen: true, camera: true }).catch((error) => error.code)];
    }, await mintGrant(broker));
    assert.deepEqual([composes, code], [false, 'not-supported']);
    await new RecordPage(page).open(broker.url);
    const chosen = () => page.evaluate(() => ['screen', 'camera'].map((name) => document.querySelector('slipway-recorder').shadowRoot.getElementById(`source-${name}`).checked));
    const choose = (name) => page.evaluate((id) => document.querySelector('slipway-recorder').shadowRoot.getElementById(id).click(), `source-${name}`);
    assert.deepEqual(await chosen(), [true, false]);
    await choose('camera');
    assert.deepEqual(await chosen(), [false, true]);
  } finally {
    await firefox.close();
  }
});
