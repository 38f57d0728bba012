/**
 * What goes wrong on the device while something is recorded: it is told then, and not at the stop.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, shoot } from './lib/browsers.js';
import { download } from './lib/download.js';
import { temporaryFolder } from './lib/folders.js';
import { blindCamera } from './lib/in-page.js';
import { durationOf } from './lib/media.js';
import { RecordPage } from './lib/record-page.js';
import { listen } from './lib/tones.js';
import { until } from './lib/until.js';

const TONE_HZ = 440;

let broker, browser, context, page;

before(async () => {
  broker = await BrokerDev.start({ name: 'trouble' });
  browser = await launchChromium({ noisy: false });
});
after(async () => {
  await browser?.close();
  await broker?.stop();
});

beforeEach(async () => {
  await context?.close();
  context = await browser.newContext();
  await context.grantPermissions(['camera', 'microphone', 'screen-wake-lock'], { origin: broker.url });
  await context.addInitScript(countAsks);
  page = new RecordPage(await context.newPage());
});

test('where the browser delivers nothing that is told after 10 s, and not at the stop', async () => {
  await page.page.addInitScript(blindCamera);
  await page.open(broker.url);
  await page.record({ camera: true });
  await page.is('recording');
  await until('it is told', async () => /delivered nothing/.test(await page.message()), { withinMs: 15_000 });
  await shoot(page.page, 'trouble-nothing');
  assert.equal(await page.state(), 'recording');
  await page.press('#stop');
  await page.is('failed');
});

test('a stop that the browser never answers is given up after 10 s, and what came is saved', async () => {
  await page.open(broker.url);
  await page.record({ camera: true, mic: true });
  await page.hasRecorded(50_000);
  await page.page.evaluate(() => { MediaRecorder.prototype.stop = () => {}; });
  await page.press('#stop');
  await page.is('stopping');
  await page.page.waitForTimeout(5000);
  assert.equal(await page.state(), 'stopping', 'it is waited for');
  await page.is('completed', 15_000);
  const file = path.join(temporaryFolder(), 'given-up.webm');
  writeFileSync(file, await download(await page.link()));
  assert.ok(await durationOf(file) > 0.5);
});

test('the sound of a call’s other end is heard in the recording, and it is told while that end is muted', async () => {
  await page.page.goto(broker.barePage);
  await page.page.evaluate(call, TONE_HZ);
  await page.page.evaluate(() => recorder.start(new MediaStream([far])));
  await page.page.waitForTimeout(3000);
  assert.deepEqual(await page.page.evaluate(() => told), []);
  await page.page.evaluate(() => setDirection('inactive'));
  await page.page.waitForFunction(() => told.includes('device-muted audio'));
  await page.page.evaluate(() => setDirection('sendonly'));
  await page.page.waitForFunction(() => told.includes('eased device-muted audio'));
  const { watchUrl } = await page.page.evaluate(() => recorder.stop());
  const file = path.join(temporaryFolder(), 'call.webm');
  writeFileSync(file, await download(watchUrl));
  const { loudness } = await listen(file);
  assert.ok(loudness(TONE_HZ, 1, 2.5) > -35, `${loudness(TONE_HZ, 1, 2.5)} dB`);
});

test('a muted microphone is shown, until it is heard again', async () => {
  await page.open(broker.url);
  await page.page.evaluate(keepTracks);
  await page.record({ camera: true, mic: true });
  await page.hasRecorded(10_000);
  await page.page.evaluate(() => setMuted('audio', true)); // no fake device has such a switch
  await until('the page says so', async () => /microphone is muted/.test(await page.message()));
  await shoot(page.page, 'trouble-muted');
  await page.press('#pause');
  await page.is('paused');
  await page.press('#pause');
  await page.is('recording');
  assert.match(await page.message(), /microphone is muted/, 'a pause changes nothing');
  await page.page.evaluate(() => setMuted('audio', false));
  await until('the page is quiet again', async () => await page.message() === '');
  await page.press('#stop');
  await page.is('completed');
});

test('the screen is kept on while it records, also after the page was hidden; and the browser is asked once to keep the disk', async () => {
  await page.open(broker.url);
  const locks = () => page.page.evaluate(() => asks.locks.map(({ released }) => released));
  await page.record({ camera: true });
  await page.hasRecorded(10_000);
  assert.deepEqual(await locks(), [false]);
  await page.page.evaluate(async () => { // as the browser does where the page is hidden, and then seen again
    await asks.locks[0].release();
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await until('another lock is taken', async () => (await locks()).length === 2);
  assert.deepEqual(await locks(), [true, false]);
  await page.press('#stop');
  await page.is('completed');
  assert.deepEqual(await locks(), [true, true]);
  await page.press('#again');
  await page.record({ camera: true });
  await page.is('recording');
  assert.equal(await page.page.evaluate(() => asks.persist), 1);
  await page.press('#discard');
  await page.press('#sure-yes');
});

test('a page that wants no wake lock gets none', async () => {
  await page.page.goto(broker.barePage);
  await page.page.evaluate(async () => {
    const { Recorder } = await import('/web/recorder.js');
    const recorder = new Recorder({ broker: location.origin, grant: 'gr_none', wakeLock: false });
    await recorder.start({ camera: true });
    await recorder.cancel();
  });
  assert.deepEqual(await page.page.evaluate(() => asks.locks.length), 0);
});

test('the page says for how long there is room', async () => {
  await page.open(broker.url);
  await page.page.evaluate(() => { navigator.storage.estimate = async () => ({ quota: 500e6, usage: 100e6 }); });
  await page.record({ camera: true, mic: true });
  await page.is('recording');
  const words = await until('it says so', () => page.page.textContent('#room'), { withinMs: 20_000 });
  await shoot(page.page, 'trouble-room');
  const [, minutes] = /about (\d+) more minutes/.exec(words) ?? assert.fail(words);
  const recorded = await page.bytes('recorded');
  assert.ok(Number(minutes) > 0, `${minutes} minutes after ${recorded} bytes`);
  await page.press('#discard');
  await page.press('#sure-yes');
});

/** In the page: what it asks of the browser. */
function countAsks() {
  const asks = globalThis.asks = { locks: [], persist: 0 };
  const { wakeLock, storage } = navigator;
  const [request, persist] = [wakeLock?.request, storage?.persist];
  if (!request || !persist) return;
  wakeLock.request = async (kind) => {
    const lock = await request.call(wakeLock, kind);
    asks.locks.push(lock);
    return lock;
  };
  storage.persist = () => {
    asks.persist++;
    return persist.call(storage);
  };
}

/** In the page: a call with itself, and a recorder. `far` is what comes from its other end. */
async function call(hertz) {
  const { Recorder } = await import('/web/recorder.js');
  const grant = async () => (await (await fetch('/page/grant', { method: 'POST' })).json()).grant;
  const recorder = new Recorder({ broker: location.origin, grant });
  const told = [];
  recorder.addEventListener('error', ({ detail: { error } }) => told.push(`${error.code} ${error.field}`));
  recorder.addEventListener('eased', ({ detail: { code, field } }) => told.push(`eased ${code} ${field}`));
  const audio = new AudioContext();
  const out = audio.createMediaStreamDestination();
  const tone = new OscillatorNode(audio, { frequency: hertz });
  tone.connect(new GainNode(audio, { gain: 0.3 })).connect(out);
  tone.start();
  const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
  here.onicecandidate = ({ candidate }) => there.addIceCandidate(candidate);
  there.onicecandidate = ({ candidate }) => here.addIceCandidate(candidate);
  const transceiver = here.addTransceiver(out.stream.getAudioTracks()[0], { direction: 'sendonly' });
  const arrived = new Promise((resolve) => { there.ontrack = ({ track }) => resolve(track); });
  const negotiate = async () => {
    await here.setLocalDescription();
    await there.setRemoteDescription(here.localDescription);
    await there.setLocalDescription();
    await here.setRemoteDescription(there.localDescription);
  };
  await negotiate();
  const far = await arrived;
  if (far.muted) await new Promise((resolve) => { far.onunmute = resolve; });
  const setDirection = (direction) => {
    transceiver.direction = direction;
    return negotiate();
  };
  Object.assign(globalThis, { recorder, told, far, setDirection });
}

/** In the page: `setMuted` does to a track of getUserMedia what the system does. */
function keepTracks() {
  const devices = navigator.mediaDevices;
  const real = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await real(constraints);
    globalThis.setMuted = (wanted, muted) => {
      const track = stream.getTracks().find(({ kind }) => kind === wanted);
      Object.defineProperty(track, 'muted', { value: muted, configurable: true });
      track.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
    };
    return stream;
  };
}
