/**
 * The first whole of Slipway: record in Chromium by the page's own buttons, and get a link that plays.
 */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, shoot } from './lib/browsers.js';
import { Bucket } from './lib/bucket.js';
import { download } from './lib/download.js';
import { temporaryFolder } from './lib/folders.js';
import { blindCamera, teeMediaRecorder, watchPage } from './lib/in-page.js';
import { assertSameRecording, probe } from './lib/media.js';
import { plays } from './lib/play.js';
import { openTab } from './lib/open-tab.js';
import { idOf, RecordPage } from './lib/record-page.js';
import { pause, until } from './lib/until.js';

const PART = 5 * 1024 * 1024;
const DEVICES = ['camera', 'microphone'];

let broker, bucket, browser, context, page;

before(async () => {
  broker = await BrokerDev.start({ name: 'record' });
  browser = await launchChromium({ args: ['--auto-select-tab-capture-source-by-title=Noise'] });
  bucket = new Bucket(broker.ready);
});

after(async () => {
  await browser?.close();
  bucket?.close();
  await broker?.stop();
});

beforeEach(async () => {
  context = await browser.newContext();
  await context.grantPermissions([...DEVICES, 'clipboard-read', 'clipboard-write'], { origin: broker.url });
  await context.addInitScript(teeMediaRecorder);
  await context.addInitScript(watchPage);
  page = new RecordPage(await context.newPage());
});

afterEach(() => context?.close());

test('parts are in S3 before stop is pressed, and the link plays every packet that was recorded', async () => {
  await page.open(broker.url);
  await shoot(page.page, 'record-idle');
  await page.page.fill('#name', 'Noise, recorded');
  await page.record({ camera: true, mic: true });
  await page.is('recording');
  const id = idOf(await page.link());

  const parts = await until('S3 lists four parts', async () => {
    const listed = await bucket.parts(await bucket.uploadOf(id));
    return listed.length >= 4 && listed;
  }, { withinMs: 90_000 });
  assert.equal(await page.state(), 'recording', 'nobody has pressed stop');
  assert.deepEqual(parts.map(({ size }) => size), parts.map(() => PART), 'a part is exactly 5 MiB');
  await until('the page calls four parts safe', async () => await page.bytes('safe') >= 4 * PART);
  await shoot(page.page, 'record-recording');

  await page.press('#stop');
  await page.is('completed');
  await shoot(page.page, 'record-completed');
  const link = await page.link();
  const bytes = await download(link);
  await assertSameRecording(bytes, page.page);

  const file = path.join(temporaryFolder(), 'recording.webm');
  writeFileSync(file, bytes);
  const streams = await probe(file);
  assert.ok(streams.video?.packets > 50, `video: ${JSON.stringify(streams)}`);
  assert.ok(streams.audio?.packets > 50, `audio: ${JSON.stringify(streams)}`);

  await page.press('#copy');
  assert.equal(await page.page.evaluate(() => navigator.clipboard.readText()), link, 'the copy button copies the link');
  await plays(page.page, link);
  assert.equal(await page.page.textContent('#title'), 'Noise, recorded');
  await shoot(page.page, 'watch-playing');
});

test('a pause is left out, and leaves the recording whole', async () => {
  await page.open(broker.url);
  await page.record({ camera: true, mic: true });
  await page.hasRecorded(PART / 2);
  await page.press('#pause');
  await page.is('paused');
  await shoot(page.page, 'record-paused');
  const paused = await page.page.textContent('#timer');
  // A slice counts as it was delivered until it is rewritten, and is then some bytes shorter.
  let held;
  await until('what was held back has come, and is rewritten', async () => {
    const seen = held;
    await pause(500);
    held = await page.bytes('recorded');
    return held === seen && held >= await page.page.evaluate('producedSize()');
  });
  await page.page.waitForTimeout(1500);
  assert.equal(await page.bytes('recorded'), held, 'nothing is recorded meanwhile');
  assert.equal(await page.page.textContent('#timer'), paused, 'the timer stands still');
  await page.press('#pause');
  await page.hasRecorded(held + PART);
  await page.press('#stop');
  await page.is('completed');
  const bytes = await download(await page.link());
  await assertSameRecording(bytes, page.page);
});

test('"stop sharing" is a stop: a shared tab that goes away ends the recording, and it is saved', async () => {
  const noisyTab = await openNoisyTab();
  await page.open(broker.url);
  await page.page.bringToFront();
  await page.record({ screen: true, mic: true });
  await page.hasRecorded(100_000);
  await shoot(page.page, 'record-screen');
  await noisyTab.close(); // ends the shared tracks as the browser's own bar does; the microphone goes on
  await page.is('completed');
  assert.deepEqual(await page.page.evaluate('states.filter((state) => state !== "loading")'), ['idle', 'starting', 'recording', 'stopping', 'completed']);
  assert.equal(await page.message(), '', 'nothing went wrong');
  const bytes = await download(await page.link());
  await assertSameRecording(bytes, page.page);
  const file = path.join(temporaryFolder(), 'screen.webm');
  writeFileSync(file, bytes);
  const streams = await probe(file);
  assert.deepEqual(Object.keys(streams).sort(), ['audio', 'video'], 'the tab, and its sound mixed with the microphone');
});

test('a denied microphone is explained in words, and one can try again', async () => {
  await context.clearPermissions();
  await context.grantPermissions(['camera'], { origin: broker.url }); // whatever is not granted is denied
  await page.open(broker.url);
  await page.record({ mic: true });
  await until('the page explains', async () => /microphone is not allowed/i.test(await page.message()));
  assert.match(await page.message(), /permission-denied/, 'the code that stands in the source too');
  assert.equal(await page.state(), 'idle');
  await shoot(page.page, 'record-denied');
  await context.grantPermissions(DEVICES, { origin: broker.url });
  await page.press('#record');
  await page.is('recording');
  assert.equal(await page.message(), '', 'the explanation is gone');
  await shoot(page.page, 'record-microphone');
  await page.press('#stop');
  await page.is('completed');
});

test('a discarded recording leaves no upload in S3', async () => {
  await page.open(broker.url);
  await page.record({ camera: true, mic: true });
  await page.hasRecorded(PART);
  const upload = await until('S3 has the upload', async () => bucket.uploadOf(idOf(await page.link())));
  await until('S3 has a part', async () => (await bucket.parts(upload)).length > 0);
  await page.press('#discard');
  await shoot(page.page, 'record-discard');
  await page.press('#sure-yes');
  await page.is('cancelled');
  await until('the page says so', async () => /was discarded/.test(await page.message()));
  await assert.rejects(bucket.parts(upload), { name: 'NoSuchUpload' });
  assert.deepEqual(await bucket.uploads(), []);
  await shoot(page.page, 'record-discarded');
});

test('where nothing was recorded the page says `empty`, and S3 keeps nothing', async () => {
  await context.addInitScript(blindCamera);
  await page.open(broker.url);
  await page.record({ camera: true });
  await page.is('recording');
  // Chromium tells of the start only now that it stops: so a session is opened at the last moment, and has to go again.
  const opened = page.page.waitForResponse((response) => response.request().method() === 'POST' && response.url().endsWith('/v1/sessions'));
  opened.catch(() => {}); // where the page fails earlier
  await page.press('#stop');
  await page.is('failed');
  assert.equal(await page.page.textContent('#headline'), 'Nothing was recorded');
  assert.match(await page.message(), /^It was too short.*empty$/, 'and it is said once');
  assert.equal((await opened).status(), 201);
  await until('S3 holds no upload', async () => (await bucket.uploads()).length === 0);
  await shoot(page.page, 'record-empty');
});

test('the log of all this holds no token, no key and no signature', async () => {
  const log = readFileSync(broker.log, 'utf8');
  assert.match(log, /\/v1\/sessions/, 'requests are logged');
  assert.doesNotMatch(log, /X-Amz-Signature|Bearer|(?:gr|st|wt|sk)_[\w-]{16}/i);
  assert.ok(!log.includes(broker.ready.api_key) && !log.includes(broker.ready.secret_key));
});

/** Another tab, for the page to record. It plays a tone. */
const openNoisyTab = () => openTab(context, NOISY_PAGE);

const NOISY_PAGE = `<!doctype html><title>Noise</title><canvas width="320" height="240"></canvas><script>
  const pen = document.querySelector('canvas').getContext('2d');
  const picture = pen.createImageData(320, 240);
  const draw = () => {
    for (let i = 0; i < picture.data.length; i++) picture.data[i] = i % 4 === 3 ? 255 : Math.random() * 256;
    pen.putImageData(picture, 0, 0);
    requestAnimationFrame(draw);
  };
  draw();
  const audio = new AudioContext();
  const tone = new OscillatorNode(audio);
  tone.connect(audio.destination);
  tone.start();
</script>`;
