/**
 * What a recording sounds like: a tab's sound and a microphone in one, and microphones that are muted, changed and
 * unplugged while it records. Each has a tone of its own, which is looked for in the decoded file.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, launchFirefox } from './lib/browsers.js';
import { download } from './lib/download.js';
import { temporaryFolder } from './lib/folders.js';
import { listen, writeTone } from './lib/tones.js';
import { until } from './lib/until.js';

const TAB_HZ = 440;
const MICROPHONE_HZ = 1000;
const OTHER_HZ = 3000;
/** Louder is heard, softer than this is not: tones here are at about -10 dB, and what Opus leaves of silence below -70. */
const HEARD_DB = -35;
const SILENT_DB = -55;
const STAGE_S = 1.2;
/** Capture, mixer and encoder take their time: what is asked for now is heard in the file a little later. */
const SETTLE_S = 0.45;
/** Where there is no sound card Firefox runs no AudioContext; with its mock of one it does. */
const MOCKED_CARD = { 'media.cubeb.force_mock_context': true };

let broker;

before(async () => { broker = await BrokerDev.start({ name: 'sound' }); });
after(() => broker?.stop());

test('Chromium: a tab and a microphone are both heard; muting, changing and unplugging concern the microphone alone', async () => {
  const tone = path.join(temporaryFolder(), 'microphone.wav');
  writeTone(tone, MICROPHONE_HZ);
  const browser = await launchChromium({ args: [`--use-file-for-fake-audio-capture=${tone}`, '--auto-select-tab-capture-source-by-title=Tone'] });
  try {
    const context = await browser.newContext();
    await context.grantPermissions(['microphone', 'camera'], { origin: broker.url });
    await openSoundingTab(context);
    const page = await context.newPage();
    await page.goto(broker.barePage);
    await page.evaluate(secondMicrophone, OTHER_HZ);
    await page.evaluate(prepare);
    const stage = stages(page);

    await page.evaluate(() => recorder.start({ screen: true, microphone: PLAIN }));
    const both = await stage();
    await page.evaluate(() => { recorder.muted = true; });
    const muted = await stage();
    await page.evaluate(() => { recorder.muted = false; return recorder.setMicrophone({ deviceId: 'second' }); });
    const changed = await stage();
    await page.evaluate(() => unplug());
    const unplugged = await stage();
    await page.evaluate(() => recorder.setMicrophone(PLAIN));
    const replaced = await stage();
    const { errors, states } = await page.evaluate(() => ({ errors, states }));
    assert.deepEqual(errors, ['device-lost audio']);
    assert.deepEqual(states, ['starting', 'recording'], 'it went on through all of it');

    const heard = await sound(await page.evaluate(async () => (await recorder.stop()).watchUrl));
    for (const [name, span, tab, microphone, other] of [
      ['both', both, true, true, false],
      ['muted', muted, true, false, false],
      ['changed', changed, true, false, true],
      ['unplugged', unplugged, true, false, false],
      ['replaced', replaced, true, true, false],
    ]) {
      heard(name, TAB_HZ, span, tab);
      heard(name, MICROPHONE_HZ, span, microphone);
      heard(name, OTHER_HZ, span, other);
    }
    assert.ok(both.level > 0.3, `the meter moves: ${both.level}`);
    assert.equal(muted.level, 0, 'the meter shows that it is muted');
  } finally {
    await browser.close();
  }
});

test('Firefox: a microphone comes to a silent recording, is muted, and changed', async () => {
  const browser = await launchFirefox({ ...MOCKED_CARD, 'media.navigator.audio.fake_frequency': MICROPHONE_HZ });
  try {
    const page = await browser.newPage();
    await page.goto(broker.barePage);
    await page.evaluate(secondMicrophone, OTHER_HZ);
    await page.evaluate(prepare);
    const stage = stages(page);

    await page.evaluate(() => recorder.start({ camera: true }));
    const silent = await stage();
    await page.evaluate(() => recorder.setMicrophone(PLAIN));
    const added = await stage();
    await page.evaluate(() => { recorder.muted = true; });
    const muted = await stage();
    await page.evaluate(() => { recorder.muted = false; return recorder.setMicrophone({ deviceId: 'second' }); });
    const changed = await stage();

    const heard = await sound(await page.evaluate(async () => (await recorder.stop()).watchUrl));
    for (const [name, span, microphone, other] of [
      ['silent', silent, false, false],
      ['added', added, true, false],
      ['muted', muted, false, false],
      ['changed', changed, false, true],
    ]) {
      heard(name, MICROPHONE_HZ, span, microphone);
      heard(name, OTHER_HZ, span, other);
    }
    assert.deepEqual(await page.evaluate(() => errors), []);
  } finally {
    await browser.close();
  }
});

test('Firefox: where nothing is heard, what is recorded is handed over all the same, and not after 10 s', async () => {
  const browser = await launchFirefox(MOCKED_CARD);
  try {
    const page = await browser.newPage();
    await page.goto(broker.barePage);
    await page.evaluate(prepare);
    const atMs = await page.evaluate(() => new Promise((resolve, reject) => {
      recorder.addEventListener('progress', ({ detail }) => { if (detail.recordedBytes > 0) resolve(detail.durationMs); });
      recorder.start({ camera: true }).catch(reject);
    }));
    assert.ok(atMs < 9000, `the first data after ${atMs} ms`);
    await page.evaluate(() => recorder.cancel());
  } finally {
    await browser.close();
  }
});

/** In the page: a recorder, and what it tells. */
async function prepare() {
  const { Recorder } = await import('/web/recorder.js');
  const grant = async () => (await (await fetch('/page/grant', { method: 'POST' })).json()).grant;
  const recorder = new Recorder({ broker: location.origin, grant });
  const errors = [];
  const states = [];
  // A mocked sound card does not keep time with the wall clock: all is measured by its own.
  const clock = new AudioContext();
  let begun = 0;
  recorder.addEventListener('error', ({ detail: { error } }) => errors.push(`${error.code} ${error.field ?? ''}`));
  recorder.addEventListener('state', ({ detail: { state } }) => {
    states.push(state);
    if (state === 'recording') begun = clock.currentTime;
  });
  // A steady tone is noise to whoever suppresses noise.
  const PLAIN = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  Object.assign(globalThis, { recorder, errors, states, PLAIN, recordedS: () => clock.currentTime - begun });
}

/** In the page: a second microphone, which can be unplugged. Browsers' fake devices cannot. */
function secondMicrophone(hertz) {
  const devices = navigator.mediaDevices;
  const real = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    if (constraints.audio?.deviceId !== 'second') return real(constraints);
    const audio = new AudioContext();
    const out = audio.createMediaStreamDestination();
    const tone = new OscillatorNode(audio, { frequency: hertz });
    tone.connect(new GainNode(audio, { gain: 0.3 })).connect(out);
    tone.start();
    globalThis.unplug = () => {
      const [track] = out.stream.getTracks();
      track.stop();
      track.dispatchEvent(new Event('ended'));
    };
    return out.stream;
  };
}

/** Records on for a while, and says from when to when in the recording that was. @param {any} page */
function stages(page) {
  const now = () => page.evaluate(() => recordedS());
  return async () => {
    const from = await now();
    await page.evaluate(() => recorder.level); // the meter is made at the first reading, and knows nothing yet
    await until('so much is recorded', async () => await now() >= from + STAGE_S); // on a busy machine the clock of sound stands at times
    return { level: await page.evaluate(() => recorder.level), from: from + SETTLE_S, to: await now() };
  };
}

/** @param {string} link */
async function sound(link) {
  const file = path.join(temporaryFolder(), 'sound.webm');
  writeFileSync(file, await download(link));
  const { loudness } = await listen(file);
  return (name, hertz, { from, to }, wanted) => {
    const db = loudness(hertz, from, to);
    const words = `${name}: ${hertz} Hz at ${db.toFixed(1)} dB from ${from.toFixed(2)} to ${to.toFixed(2)} s`;
    assert.ok(wanted ? db > HEARD_DB : db < SILENT_DB, words);
  };
}

/** A tab of another site that sounds. */
async function openSoundingTab(context) {
  const server = http.createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>Tone</title><script>
    const audio = new AudioContext();
    const tone = new OscillatorNode(audio, { frequency: ${TAB_HZ} });
    tone.connect(new GainNode(audio, { gain: 0.3 })).connect(audio.destination);
    tone.start();
    setInterval(() => { document.body.textContent = performance.now(); }, 100);
  </script>`));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const tab = await context.newPage();
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  server.close();
  server.closeAllConnections();
}
