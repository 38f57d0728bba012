/**
 * How long a recording is: as long as was recorded, whether or not the picture moves and the sound is let through.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { download } from './lib/download.js';
import { temporaryFolder } from './lib/folders.js';
import { durationOf, probe } from './lib/media.js';
import { plays } from './lib/play.js';

/** A browser takes some tenths of a second to begin, and to end. */
const ROUGHLY_MS = 700;

let broker, browser, page;

before(async () => {
  broker = await BrokerDev.start({ name: 'length' });
  browser = await launchChromium({ noisy: false });
});
after(async () => {
  await browser?.close();
  await broker?.stop();
});

beforeEach(async () => {
  page = await browser.newPage();
  await page.goto(broker.barePage);
  await page.evaluate(prepare);
});

test('a still picture without sound lasts as long as it was recorded, and plays to its end', async () => {
  await page.evaluate(() => recorder.start(stillPicture()));
  const { link, recordedMs } = await stopAfter(6000);
  const file = await fetched(link);
  assertLasts(await durationOf(file), recordedMs);
  assert.ok((await probe(file)).audio?.packets > 50, 'a track of silence carries it');
  await plays(page, link);
  await page.$eval('#player', (video) => { video.currentTime = video.duration - 1; });
  await page.waitForFunction(() => document.querySelector('#player').ended);
  assert.ok(await page.$eval('#player', ({ currentTime, duration }) => currentTime > duration - 0.5));
});

test('where no mixer runs the file says how long it was, pauses left out', async () => {
  await page.evaluate(() => { AudioContext.prototype.resume = () => new Promise(() => {}); });
  await page.evaluate(suspendEachContext);
  await page.evaluate(() => recorder.start(stillPicture()));
  await page.waitForTimeout(2000);
  await page.evaluate(() => recorder.pause());
  await page.waitForTimeout(3000);
  await page.evaluate(() => recorder.resume());
  const { link, recordedMs } = await stopAfter(2000);
  assert.ok(recordedMs < 6000, `a pause does not count: ${recordedMs}`);
  const file = await fetched(link);
  assert.deepEqual(Object.keys(await probe(file)), ['video']);
  assertLasts(await durationOf(file), recordedMs);
});

test('sound that is suspended is woken at once; where it stays so that is told, and its end, and the length stays true', async () => {
  await page.evaluate(keepContexts);
  await page.evaluate(() => recorder.start(soundingPicture()));
  await page.waitForTimeout(1500);
  await page.evaluate(() => contexts[1].suspend());
  await page.waitForFunction(() => contexts[1].state === 'running');
  await page.evaluate(() => { told.length = 0; });

  await page.evaluate(() => { contexts[1].resume = () => Promise.reject(new DOMException('a call has the sound', 'InvalidStateError')); });
  await page.evaluate(() => contexts[1].suspend());
  await page.waitForTimeout(4000);
  assert.deepEqual(await page.evaluate(() => told), ['audio-suspended']);
  await page.evaluate(() => { delete contexts[1].resume; document.dispatchEvent(new Event('visibilitychange')); });
  await page.waitForFunction(() => told.includes('eased audio-suspended'));
  const { link, recordedMs } = await stopAfter(2000);
  assert.ok(recordedMs > 7000);
  assertLasts(await durationOf(await fetched(link)), recordedMs);
});

test('a click wakes sound that is suspended', async () => {
  await page.evaluate(keepContexts);
  await page.evaluate(() => recorder.start(soundingPicture()));
  await page.evaluate(() => { contexts[1].resume = () => new Promise(() => {}); });
  await page.evaluate(() => contexts[1].suspend());
  await page.waitForFunction(() => told.includes('audio-suspended'));
  await page.evaluate(() => { delete contexts[1].resume; });
  await page.click('body');
  await page.waitForFunction(() => told.includes('eased audio-suspended'));
  await page.evaluate(() => recorder.cancel());
});

/** In the page: a recorder, what it tells, and things to record. */
async function prepare() {
  const { Recorder } = await import('/web/recorder.js');
  const grant = async () => (await (await fetch('/page/grant', { method: 'POST' })).json()).grant;
  const recorder = new Recorder({ broker: location.origin, grant });
  const told = [];
  recorder.addEventListener('error', ({ detail: { error } }) => told.push(error.code));
  recorder.addEventListener('eased', ({ detail: { code } }) => told.push(`eased ${code}`));
  const picture = () => {
    const canvas = document.createElement('canvas');
    canvas.getContext('2d').fillRect(0, 0, 100, 100);
    return canvas;
  };
  const stillPicture = () => picture().captureStream(30);
  const soundingPicture = () => {
    const canvas = picture();
    let hue = 0;
    setInterval(() => Object.assign(canvas.getContext('2d'), { fillStyle: `hsl(${hue++} 90% 50%)` }).fillRect(0, 0, 300, 150), 50);
    const audio = new AudioContext();
    const out = audio.createMediaStreamDestination();
    const tone = new OscillatorNode(audio);
    tone.connect(out);
    tone.start();
    return new MediaStream([...canvas.captureStream().getTracks(), ...out.stream.getTracks()]);
  };
  Object.assign(globalThis, { recorder, told, stillPicture, soundingPicture });
}

/** In the page: a browser that lets no sound begin. */
function suspendEachContext() {
  const Real = AudioContext;
  globalThis.AudioContext = class extends Real {
    constructor() {
      super();
      void this.suspend();
    }
  };
}

/** In the page: the first context is the test's own, the second the recorder's. */
function keepContexts() {
  const Real = AudioContext;
  globalThis.contexts = [];
  globalThis.AudioContext = class extends Real {
    constructor() {
      super();
      globalThis.contexts.push(this);
    }
  };
}

async function stopAfter(ms) {
  await page.waitForTimeout(ms);
  const { watchUrl, durationMs } = await page.evaluate(() => recorder.stop());
  return { link: watchUrl, recordedMs: durationMs };
}

async function fetched(link) {
  const file = path.join(temporaryFolder(), 'length.webm');
  writeFileSync(file, await download(link));
  return file;
}

function assertLasts(seconds, recordedMs) {
  assert.ok(Math.abs(1000 * seconds - recordedMs) < ROUGHLY_MS, `${seconds} s in the file, recorded ${recordedMs} ms`);
}
