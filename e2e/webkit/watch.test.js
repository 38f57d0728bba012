/**
 * WebKitGTK plays what Chromium recorded, in either container, from anywhere.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from '../lib/broker-dev.js';
import { launchChromium } from '../lib/browsers.js';
import { openRecorderPage } from '../lib/numbered-recorder.js';
import { plays, playsFrom } from '../lib/play.js';
import { pause } from '../lib/until.js';
import { launchWebKit } from '../lib/webkit.js';

const RECORDED_MS = 6000;
/** What a file may say of its length, beside what was recorded, in seconds. */
const OFF_BY = 0.2;

let broker, chromium, browser;

before(async () => {
  broker = await BrokerDev.start({ name: 'webkit-watch' });
  [chromium, browser] = await Promise.all([launchChromium(), launchWebKit()]);
});

after(async () => {
  await Promise.all([chromium?.close(), browser?.close()]);
  await broker?.stop();
});

for (const { container, type } of [
  { container: 'webm', type: /^video\/webm;codecs="vp[89],opus"$/ },
  { container: 'mp4', type: /^video\/mp4;codecs="avc3[^,]*,opus"$/ },
]) {
  test(`${container}: it plays, says how long it is, and plays from 80 % on, and from before`, async () => {
    const recorder = await openRecorderPage(chromium, broker);
    await recorder.begin({ noise: false, container });
    await pause(RECORDED_MS);
    const { watchUrl, durationMs, contentType } = await recorder.stop();
    await recorder.page.close();
    assert.match(contentType, type);
    const page = await browser.newPage();
    await plays(page, watchUrl, { warned: false });
    const duration = await page.$eval('#player', (video) => video.duration);
    assert.ok(Math.abs(duration - durationMs / 1000) <= OFF_BY, `${duration} s, recorded ${durationMs} ms`);
    await playsFrom(page, 0.8);
    await playsFrom(page, 0.3);
    await page.close();
  });
}
