/**
 * The watch page outlives its URLs.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { uploadByApi } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, shoot } from './lib/browsers.js';
import { temporaryFolder } from './lib/folders.js';
import { writeVideo } from './lib/media.js';
import { plays } from './lib/play.js';
import { Proxy } from './lib/proxy.js';
import { pause, until } from './lib/until.js';

/** Long enough for an exchange on a busy machine: S3 is asked three times in one. */
const WATCH_TTL_MS = 5000;
let broker, browser, proxy, link;

before(async () => {
  const file = path.join(temporaryFolder(), 'long.webm');
  await writeVideo(file, { seconds: 64, silent: true });
  broker = await BrokerDev.start({ name: 'watch', env: { BROKER_WATCH_TTL: `${WATCH_TTL_MS}ms` } });
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url });
  link = await uploadByApi(broker, readFileSync(file));
});

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), proxy?.close()]);
});

/** The video's GETs so far, and the calls for their URLs. */
function gets() {
  const all = proxy.passed.filter(({ method }) => method === 'GET');
  const media = all.filter(({ url }) => url.startsWith(broker.ready.s3_endpoint));
  return { calls: all.filter(({ url }) => url.includes('/v1/recordings/')).length, media, urls: [...new Set(media.map(({ url }) => url))] };
}

test('paused past the end of its URL, it plays on from the same place by a fresh one', async () => {
  const page = await browser.newPage();
  await plays(page, link);
  const player = page.locator('#player');
  const paused = await player.evaluate((video) => {
    video.pause();
    const { buffered, currentTime: at, duration } = video;
    return { at, loadedTo: buffered.end(buffered.length - 1), duration };
  });
  assert.ok(paused.loadedTo < paused.duration / 2, `not all of it is loaded: ${JSON.stringify(paused)}`);
  const before = gets();
  proxy.cut(); // as S3 and every middlebox do to a connection that nothing goes over
  await pause(WATCH_TTL_MS + 1000);
  const refused = await fetch(before.urls.at(-1), { signal: AbortSignal.timeout(10_000) });
  assert.equal(refused.status, 403, 'S3 refuses the URL it played from');

  await player.evaluate((video) => {
    const seen = globalThis.seen = [];
    video.addEventListener('playing', () => seen.push(video.currentTime), { once: true });
    video.addEventListener('timeupdate', () => { if (video.readyState >= 3 && !video.seeking) seen.push(video.currentTime); });
    video.playbackRate = 4; // so that what is loaded runs out soon; without sound the wall clock sets the pace
    return video.play();
  });
  // More may be loaded than the page can see: it is the proxy that knows when a fresh URL was needed.
  const fresh = await until('S3 gives the next range by a fresh URL', () => (
    gets().media.some(({ url, status }) => !before.urls.includes(url) && status === 206)
  ) && player.evaluate((video) => video.currentTime), { withinMs: 60_000 });
  await until('it plays on', () => player.evaluate((video, at) => video.currentTime > at + 3, fresh));
  await shoot(page, 'watch-renewed');

  const seen = await page.evaluate('seen');
  assert.ok(Math.abs(seen[0] - paused.at) < 0.5, `it goes on where it stood, at ${paused.at}: ${seen.slice(0, 3)}`);
  seen.reduce((last, at) => { assert.ok(at >= last - 0.1 && at < last + 20, `it does not jump: ${seen}`); return at; });
  assert.equal(await player.evaluate((video) => video.playbackRate), 4, 'as fast as before');
  assert.equal(await player.evaluate((video) => video.paused), false);
  assert.ok(gets().calls > before.calls, 'the broker was asked for it');
  await page.close();
});

test('a jump to where nothing is loaded plays on from there, though the URL is over', async () => {
  const page = await browser.newPage();
  await plays(page, link);
  await page.$eval('#player', (video) => video.pause());
  await pause(WATCH_TTL_MS + 500);
  const target = await page.$eval('#player', (video) => { video.currentTime = video.duration * 0.8; void video.play(); return video.currentTime; });
  await until('it plays there', () => page.$eval('#player', (video, at) => video.currentTime > at + 0.5 && video.currentTime < at + 20, target));
  await page.close();
});

test('a link that was taken back says so', async () => {
  const id = new URL(link).pathname.split('/').pop();
  const { watch_url: another } = await broker.call('POST', `/v1/recordings/${id}/links`, { body: {} });
  const page = await browser.newPage();
  await plays(page, another);
  await broker.call('DELETE', `/v1/recordings/${id}/links`);
  await page.reload();
  await until('the page explains', () => page.$eval('#message', (box) => !box.hidden && /link has ended/.test(box.textContent)));
  await shoot(page, 'watch-link-ended');
  await page.close();
});

test('a link without its fragment says what is missing', async () => {
  const page = await browser.newPage();
  await page.goto(link.split('#')[0]);
  await until('the page explains', () => page.$eval('#message', (box) => !box.hidden && /incomplete/.test(box.textContent)));
  await shoot(page, 'watch-incomplete');
  await page.close();
});
