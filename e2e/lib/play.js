/**
 * The watch page's player.
 */

import assert from 'node:assert/strict';
import { until, within } from './until.js';

/** How far it plays after a seek before it counts. */
const PLAYED_S = 0.3;
const SEEK_MS = 60_000;

/**
 * Opens a watch link and sees it play.
 *
 * @param {any} page of either browser
 * @param {string} link
 * @param {{warned?: boolean}} [how] warned: false where the page must not say that this browser does not play it
 */
export async function plays(page, link, { warned } = {}) {
  await page.goto(link);
  await until('the watch page is ready', () => page.$eval('body', (body) => body.dataset.state === 'ready'));
  if (warned === false) assert.equal(await page.$eval('#message', ({ hidden, textContent }) => (hidden ? '' : textContent)), '');
  await page.$eval('#player', (video) => video.play());
  await until('the recording plays', async () => {
    const { error, at } = await page.$eval('#player', (video) => ({ error: video.error?.message, at: video.currentTime }));
    if (error) throw new Error(`the player: ${error}`);
    return at > 0.5;
  });
}

/**
 * On a watch page whose player knows the file: seeks, and plays from there.
 *
 * @param {any} page of either browser
 * @param {number} share of its duration
 * @returns {Promise<{at: number, ms: number}>} where it is then, in seconds; how long that took, of which it played {@link PLAYED_S}
 */
export function playsFrom(page, share) {
  return within(SEEK_MS, 'it plays from there', page.$eval('#player', seek, { share, forS: PLAYED_S }));
}

/** Runs in the page. */
function seek(video, { share, forS }) {
  return new Promise((resolve, reject) => {
    const from = share * video.duration;
    const began = performance.now();
    video.addEventListener('error', () => reject(new Error(video.error.message)));
    video.addEventListener('timeupdate', () => {
      if (!video.seeking && video.currentTime > from + forS) resolve({ at: video.currentTime, ms: performance.now() - began });
    });
    video.currentTime = from;
    video.play().catch(reject);
  });
}

/**
 * Opens a watch link, seeks as soon as the player knows the file, plays, and tells what that took.
 *
 * @param {any} page of either browser
 * @param {string} link
 * @param {{proxy: import('./proxy.js').Proxy, s3: string, share: number}} how proxy: that the browser uses; s3: an origin
 * @returns {Promise<{duration: number, at: number, ms: number, bytes: number, forHead: number}>} bytes: that were fetched in all; forHead:
 *   before it sought
 */
export async function fetchedToSeek(page, link, { proxy, s3, share }) {
  proxy.passed.length = 0;
  const fetched = () => proxy.passed.filter(({ method, url }) => method === 'GET' && url.startsWith(s3)).reduce((sum, { bytes }) => sum + bytes, 0);
  await page.goto(link);
  const { duration } = await until('the player knows the file', async () => {
    const now = await page.$eval('#player', (video) => ({ error: video.error?.message, readyState: video.readyState, duration: video.duration }));
    assert.ok(!now.error, `the player: ${now.error}`);
    return now.readyState >= 1 && now;
  });
  const forHead = fetched();
  return { duration, ...await playsFrom(page, share), bytes: fetched(), forHead };
}
