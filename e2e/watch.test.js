/**
 * The watch page outlives its URLs, and does what people know from other players. Pictures of it are in e2e/out/ afterwards.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { uploadByApi } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, shoot } from './lib/browsers.js';
import { temporaryFolder } from './lib/folders.js';
import { looks } from './lib/looks.js';
import { writeVideo } from './lib/media.js';
import { plays } from './lib/play.js';
import { Proxy } from './lib/proxy.js';
import { pause, until } from './lib/until.js';

/** Long enough for an exchange on a busy machine: S3 is asked three times in one. */
const WATCH_TTL_MS = 5000;
let broker, browser, proxy, link, framing, elsewhere;

before(async () => {
  const file = path.join(temporaryFolder(), 'long.webm');
  await writeVideo(file, { seconds: 64, silent: true });
  [framing, elsewhere] = await Promise.all([framingSite(), framingSite()]);
  broker = await BrokerDev.start({ name: 'watch', env: { BROKER_WATCH_TTL: `${WATCH_TTL_MS}ms`, BROKER_EMBED_ORIGINS: framing.origin } });
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url });
  link = await uploadByApi(broker, readFileSync(file));
});

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), proxy?.close(), framing?.close(), elsewhere?.close()]);
});

/** A site that has the lines of `body` in its page. */
async function framingSite() {
  const site = { body: '', origin: '', close: () => { server.closeAllConnections(); server.close(); } };
  const server = http.createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8').end(`<!doctype html><html lang="en"><title>A site</title><body>${site.body}`);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  site.origin = `http://127.0.0.1:${/** @type {any} */ (server.address()).port}`;
  return site;
}

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

const idOf = (watchUrl) => new URL(watchUrl).pathname.split('/').pop();
/** A link that works when those before were taken back. */
const freshLink = async () => (await broker.call('POST', `/v1/recordings/${idOf(link)}/links`, { body: {} })).watch_url;
const facts = (page) => page.$eval('#player', (video) => ({
  at: video.currentTime, rate: video.playbackRate, paused: video.paused, muted: video.muted, volume: video.volume, full: document.fullscreenElement?.id,
}));

/** Opens the watch page, paused and with all keys going to it. */
async function watching(address) {
  const page = await browser.newPage();
  await page.goto(address);
  await until('it knows the recording', () => page.$eval('#player', (video) => video.readyState >= 1));
  return page;
}

for (const [fragment, at] of [['t=12', 12], ['t=0m30s', 30], ['t=99m', null]]) {
  test(`a link with ${fragment} starts there`, async () => {
    const page = await watching(`${await freshLink()}&${fragment}`);
    const { duration, now } = await until('it is there', () => page.$eval('#player', ({ duration, currentTime }) => currentTime > 1 && { duration, now: currentTime }));
    assert.ok(Math.abs(now - (at ?? duration - 1)) < 0.5, `it starts at ${now} of ${duration}`);
    if (at === 12) {
      await page.evaluate(() => { globalThis.sameDocument = true; location.hash = location.hash.replace('t=12', 't=20'); });
      await until('another time in the same link seeks', async () => Math.abs((await facts(page)).at - 20) < 0.5);
      assert.equal(await page.evaluate('globalThis.sameDocument'), true, 'the page is not loaded anew');
    }
    await page.close();
  });
}

test('keys do what they do in other players', async () => {
  const page = await watching(`${await freshLink()}&t=20`);
  await until('it is there', async () => (await facts(page)).at > 19);
  const press = async (key, what, check) => {
    const before = await facts(page);
    await page.keyboard.press(key);
    await until(what, async () => check(await facts(page), before));
  };
  const near = (a, b) => Math.abs(a - b) < 0.8;
  await press('ArrowRight', 'right goes on by 5 s', (now, before) => near(now.at, before.at + 5));
  await press('ArrowLeft', 'left goes back by 5 s', (now, before) => near(now.at, before.at - 5));
  await press('l', 'l goes on by 10 s', (now, before) => near(now.at, before.at + 10));
  await press('j', 'j goes back by 10 s', (now, before) => near(now.at, before.at - 10));
  await press('m', 'm switches the sound off', (now) => now.muted);
  await press('ArrowDown', 'down makes it softer, and heard', (now) => !now.muted && near(now.volume, 0.9));
  await press('>', '> makes it faster', (now) => now.rate === 1.25);
  await press('<', '< makes it slower', (now) => now.rate === 1);
  await press('k', 'k plays', (now) => !now.paused);
  await press(' ', 'Space pauses', (now) => now.paused);
  await press('f', 'f fills the screen', (now) => now.full === 'stage');
  await press('f', 'f again ends that', (now) => now.full === undefined);
  await page.locator('#player').focus();
  await press(' ', 'Space on the player itself counts once', (now) => !now.paused);
  await press('k', 'k counts there too', (now) => now.paused);
  await page.locator('#speed').focus();
  const { at } = await facts(page);
  await page.keyboard.press('l');
  await pause(300);
  assert.ok(near((await facts(page)).at, at), 'a list keeps its keys');
  await page.close();
});

test('it plays as fast as is chosen, also after a fresh URL', async () => {
  const page = await watching(await freshLink());
  await page.selectOption('#speed', '1.5');
  assert.equal((await facts(page)).rate, 1.5);
  await page.$eval('#player', (video) => { video.playbackRate = 2.2; }); // as the browser's own controls may
  await until('the list shows it', () => page.$eval('#speed', (list) => list.value === '2.2' && list.selectedOptions[0].textContent === '2.2×'));
  await pause(WATCH_TTL_MS + 500);
  await page.$eval('#player', (video) => { video.currentTime = video.duration * 0.7; void video.play(); });
  await until('it plays there', () => page.$eval('#player', (video) => video.currentTime > video.duration * 0.7 + 0.5));
  assert.equal((await facts(page)).rate, 2.2);
  await page.close();
});

test('captions beside the recording are shown, and outlive its URL', async () => {
  const vtt = 'WEBVTT\n\n00:00.000 --> 01:00.000\nHello from <b>Slipway</b>\n';
  const { url, headers } = await broker.call('POST', `/v1/recordings/${idOf(link)}/captions`, { body: { size: vtt.length } });
  const put = await fetch(url, { method: 'PUT', headers, body: vtt });
  assert.equal(put.status, 200);
  const page = await watching(await freshLink());
  const shown = () => page.$eval('#player', ({ textTracks: [track] }) => (
    { mode: track?.mode, kind: track?.kind, label: track?.label, texts: [...track?.activeCues ?? []].map((cue) => cue.getCueAsHTML().textContent) }
  ));
  const wanted = { mode: 'showing', kind: 'captions', label: 'Captions', texts: ['Hello from Slipway'] };
  await page.$eval('#player', (video) => video.play()); // a browser shows none on the poster
  await until('the captions are there', async () => JSON.stringify(await shown()) === JSON.stringify(wanted));
  await page.$eval('#player', (video) => video.pause());
  await looks(page, 'watch-captions');
  await pause(WATCH_TTL_MS + 500);
  await page.$eval('#player', (video) => { video.currentTime = video.duration * 0.5; void video.play(); });
  await until('it plays there', () => page.$eval('#player', (video) => video.currentTime > video.duration * 0.5 + 0.5));
  assert.deepEqual(await shown(), wanted, 'they are still there');
  await page.close();
});

test('the link at this moment is copied, and leads there', async () => {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  const address = await freshLink();
  await page.goto(address);
  await until('it knows the recording', () => page.$eval('#player', (video) => video.readyState >= 1));
  assert.equal(await page.textContent('#copy-link'), 'Copy link');
  await page.$eval('#player', (video) => { video.currentTime = 31.5; });
  await until('the button names the time', async () => (await page.textContent('#copy-link')) === 'Copy link at 0:31');
  await page.click('#copy-link');
  await until('it says so', async () => (await page.textContent('#copied')) === 'Copied');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, `${address}&t=31s`);
  await page.click('#copy-embed');
  framing.body = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(framing.body, /^<iframe src="[^"]*\/embed\/[^"]*#wt_[^"]*" [^<]*title="A long one"><\/iframe>$/);
  await page.close();
  await context.close();
});

test('where the browser copies nothing, the link stands there to be copied by hand', async () => {
  const context = await browser.newContext({ permissions: [] });
  const page = await context.newPage();
  await page.addInitScript(() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError')); });
  const address = await freshLink();
  await page.goto(address);
  await until('it can be copied', () => page.$eval('#copy-link', (button) => !button.hidden && button.offsetWidth > 0));
  await page.click('#copy-link');
  await until('the link is selected', () => page.evaluate(() => getSelection()?.toString() !== '' || document.activeElement?.id === 'to-copy'));
  assert.equal(await page.inputValue('#to-copy'), address);
  await looks(page, 'watch-by-hand');
  await context.close();
});

test('an owner who watches with a grant is offered no link that would hold it', async () => {
  const { grant } = await broker.call('POST', '/v1/grants', { body: { owner: 'e2e' } });
  const page = await watching(`${broker.ready.url}/watch/${idOf(link)}#${grant}`);
  await until('the page is ready', () => page.$eval('body', (body) => body.dataset.state === 'ready'));
  assert.deepEqual(await page.$$eval('#copy-link, #copy-embed', (buttons) => buttons.map(({ hidden }) => hidden)), [true, true]);
  await page.close();
});

test('the copied lines show the player in a page that may embed it, and in no other', async () => {
  assert.notEqual(framing.body, '', 'the lines were copied');
  elsewhere.body = framing.body;
  const page = await browser.newPage();
  await page.goto(framing.origin);
  const frame = await until('there is a frame', () => page.frames()[1]);
  await until('it plays in there', () => frame.$eval('#player', (video) => { void video.play(); return video.currentTime > 0.3; }).catch(() => false));
  assert.deepEqual(
    await frame.evaluate(() => ({
      seen: [...document.querySelectorAll('.top, .head, .tools, .keys')].filter((part) => part.checkVisibility()).length,
      fills: document.querySelector('#player').getBoundingClientRect().width === innerWidth && document.querySelector('#player').getBoundingClientRect().height === innerHeight,
      scrolls: document.documentElement.scrollHeight > innerHeight,
    })),
    { seen: 0, fills: true, scrolls: false },
  );
  await shoot(page, 'watch-embedded');
  await page.goto(elsewhere.origin);
  const refused = await until('there is a frame', () => page.frames()[1]);
  await pause(1000);
  assert.equal(await refused.evaluate('location.protocol').catch(() => 'chrome-error:'), 'chrome-error:');
  await page.close();
});

test('a title that was changed stands over the recording, and on the file', async () => {
  await broker.call('PATCH', `/v1/recordings/${idOf(link)}`, { body: { title: 'Holiday <b>2026</b>' } });
  const page = await watching(await freshLink());
  assert.equal(await page.textContent('h1'), 'Holiday <b>2026</b>');
  assert.equal(await page.title(), 'Holiday <b>2026</b> · Slipway');
  assert.equal(await page.$eval('#download', ({ download }) => download), 'Holiday -b-2026--b-.webm');
  await page.click('.keys summary');
  await looks(page, 'watch-tools');
  await page.close();
});
