/**
 * A recording has a picture of itself: a frame of it, which the watch page shows before it plays.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { mintGrant } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, shoot } from './lib/browsers.js';
import { Bucket } from './lib/bucket.js';
import { askRecording } from './lib/download.js';
import { idOf, RecordPage } from './lib/record-page.js';
import { until } from './lib/until.js';

let broker, bucket, browser;

before(async () => {
  broker = await BrokerDev.start({ name: 'poster', env: { BROKER_WATCH_PREVIEW: 'poster' } });
  browser = await launchChromium({ noisy: false });
  bucket = new Bucket(broker.ready);
});

after(async () => {
  await browser?.close();
  bucket?.close();
  await broker?.stop();
});

/** The poster of a recording, decoded. @param {string} link */
async function posterOf(link) {
  const { poster_url: url } = await askRecording(link);
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  const jpeg = Buffer.from(await response.arrayBuffer());
  assert.deepEqual([response.status, response.headers.get('Content-Type')], [200, 'image/jpeg']);
  assert.ok(jpeg.length <= 100_000, `${jpeg.length} bytes`);
  const how = ['-v', 'error', '-f', 'mjpeg', '-i', '-'];
  const size = execFileSync('ffprobe', [...how, '-show_entries', 'stream=width,height', '-of', 'csv=p=0'], { input: jpeg, encoding: 'utf8', timeout: 20_000 }).trim();
  return { size, pixels: execFileSync('ffmpeg', [...how, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { input: jpeg, timeout: 20_000, maxBuffer: 1e8 }) };
}

test('what the camera saw is what the poster shows, and the watch page shows the poster', async () => {
  const context = await browser.newContext();
  await context.grantPermissions(['camera', 'microphone'], { origin: broker.url });
  const page = new RecordPage(await context.newPage());
  await page.open(broker.url);
  await page.record({ camera: true, mic: true });
  const id = idOf(await page.link());
  await until('the poster is in S3 while it is recorded', async () => (await postersOf(id)).length === 1);
  await page.press('#stop');
  await page.is('completed');
  const link = await page.link();

  const { size, pixels } = await posterOf(link);
  assert.equal(size, '320,240', 'as the camera was recorded');
  // Stripes in two greys, limited range spread to full: 90 and 160 become 86 and 168, or stay.
  const near = (grey) => pixels.filter((value) => Math.abs(value - grey) <= 14).length / pixels.length;
  assert.ok(near(88) > 0.3 && near(164) > 0.3, `dark stripes: ${near(88)}, light ones: ${near(164)}`);

  const shown = page.page.waitForResponse((response) => response.url().includes(`${id}.jpg`), { timeout: 20_000 });
  await page.page.goto(link);
  // 304: the record page's preview showed it within the same second, so the URL is the same and the browser has it.
  const status = (await shown).status();
  assert.ok(status === 200 || status === 304, `S3 answers ${status}`);
  assert.equal(await page.page.$eval('#player', (video) => new URL(video.poster).pathname.split('/').at(-1)), `${id}.jpg`);
  await shoot(page.page, 'watch-poster');
  await context.close();
});

/** Runs in the page: records a canvas, or sound alone where there is no picture. */
async function begin({ grant, picture }) {
  const { Recorder } = await import('/web/recorder.js');
  const canvas = Object.assign(document.createElement('canvas'), { width: 1600, height: 900 });
  const context = canvas.getContext('2d');
  const began = performance.now();
  const noise = new ImageData(canvas.width, canvas.height);
  for (let from = 0; from < noise.data.length; from += 65536) crypto.getRandomValues(noise.data.subarray(from, from + 65536));
  for (let alpha = 3; alpha < noise.data.length; alpha += 4) noise.data[alpha] = 255;
  setInterval(() => {
    if (picture === 'noise') return context.putImageData(noise, 0, 0);
    context.fillStyle = performance.now() - began < 1200 ? 'black' : 'red';
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 100);
  const sound = new AudioContext().createMediaStreamDestination().stream;
  globalThis.recorder = new Recorder({ broker: location.origin, grant });
  globalThis.recorder.addEventListener('progress', ({ detail }) => { globalThis.recordedBytes = detail.recordedBytes; });
  await globalThis.recorder.start(picture ? canvas.captureStream(10) : sound);
}

/** A bare page that records. @param {{picture: 'red, and black at first' | 'noise' | null}} what */
async function recording(what) {
  const page = await browser.newPage();
  await page.goto(broker.barePage);
  await page.evaluate(begin, { ...what, grant: await mintGrant(broker) });
  await until('it records', () => page.evaluate('recorder.id !== null && recordedBytes > 0'));
  return { page, id: await page.evaluate('recorder.id') };
}

/** The keys of its poster. @param {string} id */
const postersOf = async (id) => (await bucket.keys()).filter((key) => key.endsWith(`${id}.jpg`));

test('a picture that is black at first is waited for, and made as small as a poster is', async () => {
  const { page, id } = await recording({ picture: 'red, and black at first' });
  await until('the poster is there', async () => (await postersOf(id)).length === 1);
  const { watchUrl } = await page.evaluate('recorder.stop()');
  const { size, pixels } = await posterOf(watchUrl);
  assert.equal(size, '1280,720');
  const [red, green, blue] = pixels.subarray(pixels.length / 2, pixels.length / 2 + 3);
  assert.ok(red > 200 && green < 50 && blue < 50, `rgb(${red}, ${green}, ${blue})`);
  await page.close();
});

test('a chat program is shown the picture while it is still recorded', async () => {
  const { page, id } = await recording({ picture: 'red, and black at first' });
  await until('the poster is there', async () => (await postersOf(id)).length === 1);
  const headers = { 'User-Agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' };
  const head = await (await fetch(`${broker.url}/watch/${id}`, { headers })).text();
  const [, image] = /<meta property="og:image" content="([^"]+)">/.exec(head) ?? [];
  assert.equal(image, `${broker.url}/watch/${id}/poster.jpg`);
  const picture = await fetch(image, { headers });
  assert.deepEqual([picture.status, picture.redirected, picture.headers.get('Content-Type')], [200, true, 'image/jpeg']);
  assert.equal(await page.evaluate('recorder.state'), 'recording');
  await page.evaluate('recorder.stop()');
  await page.close();
});

test('what no JPEG makes small is shown in fewer pixels', async () => {
  const { page, id } = await recording({ picture: 'noise' });
  await until('the poster is there', async () => (await postersOf(id)).length === 1);
  const { watchUrl } = await page.evaluate('recorder.stop()');
  const { size } = await posterOf(watchUrl); // which looks at its bytes, too
  assert.ok(['640,360', '320,180'].includes(size), size);
  await page.close();
});

test('sound alone has no poster', async () => {
  const { page, id } = await recording({ picture: null });
  const { watchUrl } = await page.evaluate('recorder.stop()');
  assert.equal((await askRecording(watchUrl)).poster_url, undefined);
  assert.deepEqual(await postersOf(id), []);
  await page.close();
});
