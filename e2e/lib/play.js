/**
 * The watch page's player.
 */

import { until } from './until.js';

/**
 * Opens a watch link and sees it play.
 *
 * @param {any} page of either browser
 * @param {string} link
 */
export async function plays(page, link) {
  await page.goto(link);
  await until('the watch page is ready', () => page.$eval('body', (body) => body.dataset.state === 'ready'));
  await page.$eval('#player', (video) => video.play());
  await until('the recording plays', async () => {
    const { error, at } = await page.$eval('#player', (video) => ({ error: video.error?.message, at: video.currentTime }));
    if (error) throw new Error(`the player: ${error}`);
    return at > 0.5;
  });
}
