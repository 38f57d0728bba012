/**
 * A numbered screen, alone or with a numbered camera in it, recorded in Chromium by the Recorder's own API.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { mintGrant } from './api.js';
import { launchChromium } from './browsers.js';
import { download } from './download.js';
import { temporaryFolder } from './folders.js';
import { openNumberedScreen, SCREEN_TITLE, writeNumberedCamera } from './two-pictures.js';

/** A Chromium that has both. */
export async function launchWithBoth() {
  const camera = path.join(temporaryFolder(), 'numbered.y4m');
  writeNumberedCamera(camera);
  return launchChromium({ args: [`--use-file-for-fake-video-capture=${camera}`, `--auto-select-tab-capture-source-by-title=${SCREEN_TITLE}`] });
}

/**
 * A page that records, and the tab that it shares, 720p at 30 frames a second. `told` in the page is what the Recorder said.
 * workerPrelude: runs in its Workers before their own code. whileCounting: is done to that tab during a countdown.
 *
 * @param {any} browser
 * @param {import('./broker-dev.js').BrokerDev} broker
 * @param {{camera?: boolean, workerPrelude?: string, countdownMs?: number, whileCounting?: (tab: any) => Promise<void>} & Partial<import('../../web/recorder.js').RecorderOptions>} [options]
 */
export async function recordScreen(browser, broker, { camera = true, whileCounting, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  await context.grantPermissions(['camera', 'microphone'], { origin: broker.url });
  const shared = await openNumberedScreen(context);
  const page = await context.newPage();
  await page.goto(broker.barePage);
  await page.bringToFront();
  await page.evaluate(async ({ source, workerPrelude, countdownMs = 0, ...how }) => {
    const { Recorder } = await import(`${location.origin}/web/recorder.js`);
    if (workerPrelude) how.workerUrl = URL.createObjectURL(new Blob([`${workerPrelude}; import '${location.origin}/web/worker.js';`], { type: 'text/javascript' }));
    globalThis.told = [];
    const recorder = globalThis.recorder = new Recorder({ broker: location.origin, videoBitsPerSecond: 4e6, ...how });
    recorder.addEventListener('error', ({ detail: { error } }) => globalThis.told.push(`${error.code} ${error.field}`));
    recorder.addEventListener('state', ({ detail: { state } }) => globalThis.told.push(state));
    document.body.addEventListener('click', () => { globalThis.starting = recorder.start(source, { ready: () => new Promise((resolve) => { globalThis.counting = true; setTimeout(resolve, countdownMs); }) }); }, { once: true });
  }, { source: { screen: { video: { width: 1280, height: 720, frameRate: 30 } }, camera, microphone: true }, grant: await mintGrant(broker), ...options });
  await page.click('body');
  if (whileCounting) {
    await page.waitForFunction(() => globalThis.counting);
    await whileCounting(shared);
  }
  await page.evaluate(() => globalThis.starting);
  return { context, page, shared };
}

/** Ends it. @param {any} page @param {string} name @returns {Promise<string>} the file that came of it */
export async function stopInto(page, name) {
  const { watchUrl } = await page.evaluate(() => globalThis.recorder.stop());
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, await download(watchUrl));
  return file;
}
