/**
 * The testers' page of broker-dev: what it finds goes into one file, and no secret does.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, launchFirefox, shoot } from './lib/browsers.js';
import { until } from './lib/until.js';

const SECONDS = 2;
let broker, chromium, firefox;

before(async () => {
  broker = await BrokerDev.start({ name: 'check-page' });
  [chromium, firefox] = await Promise.all([launchChromium({ noisy: false }), launchFirefox()]);
});

after(async () => {
  await Promise.all([chromium?.close(), firefox?.close()]);
  await broker?.stop();
});

/** @param {any} page of either browser */
const stateOf = (page) => page.$eval('body', (body) => body.dataset.state);

/** Records, and waits for the report. @param {any} page @param {string} [query] */
async function runCheck(page, query = '') {
  await page.goto(`${broker.url}/check?seconds=${SECONDS}${query}`);
  await until('it has looked', async () => await stateOf(page) === 'ready');
  await page.click('#record');
  await until('the report is there', async () => await stateOf(page) === 'done');
  assert.match(await page.$eval('#message', (box) => box.textContent), /^Done/);
}

/** The file that a tester would send. @param {import('playwright-core').Page} page */
async function reportOf(page) {
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 20_000 }), page.click('#save')]);
  assert.equal(download.suggestedFilename(), 'slipway-check.json');
  return readFileSync(await download.path(), 'utf8');
}

test('in Chromium it records, plays, and tells all of it in a file without secrets', async () => {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 900 } });
  await context.grantPermissions(['camera', 'microphone'], { origin: broker.url });
  const page = await context.newPage();
  await runCheck(page);
  await shoot(page, 'check-1280');
  await page.setViewportSize({ width: 390, height: 844 });
  await shoot(page, 'check-390');
  assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'it fits a phone');

  const text = await reportOf(page);
  assert.doesNotMatch(text, /\b(?:gr|st|wt|sk)_|X-Amz|[?&]\w+=/);
  const { browser: facts, findings, recordings: [told] } = JSON.parse(text);
  assert.match(facts.userAgent, /Chrome/);
  assert.ok(facts.records.includes('video/webm'));
  assert.deepEqual(findings.filter(({ ok }) => !ok), []);
  assert.equal(told.result.outcome, 'completed');
  assert.deepEqual(told.troubles, []);
  assert.equal(told.tapped.slices.reduce((sum, { bytes }) => sum + bytes, 0), told.written.bytes);
  assert.equal(told.written.stopped, undefined);
  const names = (pieces) => pieces.map(({ name }) => name);
  assert.ok(!names(told.written.pieces).includes('Cues') && names(told.stored.pieces).includes('Cues'), 'what is stored is not what was written');
  assert.ok(Buffer.from(told.written.headBase64, 'base64').includes('webm'));
  assert.ok(Math.abs(told.playback.durationS - told.result.durationMs / 1000) < 0.2, JSON.stringify(told.playback));
  assert.deepEqual([told.playback.width, told.playback.height, told.poster], [320, 240, true]);
  assert.ok(told.playback.soughtMs >= 0 && told.tracks.length === 2 && !('deviceId' in told.tracks[0].settings));

  await runCheck(page, '&container=mp4');
  const again = JSON.parse(await reportOf(page)).recordings[0];
  assert.deepEqual(names(again.written.pieces).slice(0, 2), ['ftyp', 'moov']);
  assert.ok(names(again.written.pieces).includes('moof') && !names(again.stored.pieces).includes('moof'));
  await context.close();
});

test('in Firefox it does so too', async () => {
  const page = await firefox.newPage();
  await runCheck(page);
  const told = await page.$eval('#played-facts', (list) => list.textContent);
  assert.match(told, /Length\d+\.\d\d s, recorded \d+\.\d\d s/);
  await page.close();
});
