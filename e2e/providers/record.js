/**
 * Records in Chromium, on a page of another origin, over the broker that the environment names, and says what came of it:
 * one line of JSON; or, at the end of stderr, what went wrong.
 */

import assert from 'node:assert/strict';
import { callBroker } from '../lib/broker-dev.js';
import { launchChromium } from '../lib/browsers.js';
import { download } from '../lib/download.js';
import { EmbedSite } from '../lib/embed-site.js';
import { teeMediaRecorder } from '../lib/in-page.js';
import { assertSameRecording } from '../lib/media.js';
import { until } from '../lib/until.js';

/** Enough for two parts of 5 MiB and some more. */
const ENOUGH = 11 * 1024 * 1024;

const { BROKER_URL: url, BROKER_API_KEY: apiKey, S3_ENDPOINT: s3Endpoint } = process.env;
const ready = { url, api_key: apiKey, s3_endpoint: s3Endpoint };

/** @param {any} page */
async function record(page) {
  const told = async () => {
    const now = await page.evaluate('globalThis.told');
    if (now?.error) throw new Error(now.error);
    return now;
  };
  await until('its script runs', told);
  await page.click('#record');
  await until('two parts are recorded', async () => (await told()).progress?.recordedBytes > ENOUGH, { withinMs: 90_000 });
  await page.click('#stop');
  const { watchUrl, outcome, size } = await until('stop() resolves', async () => (await told()).result, { withinMs: 60_000 });
  assert.equal(outcome, 'completed');
  const bytes = await download(watchUrl);
  assert.equal(bytes.length, size);
  await assertSameRecording(bytes, page);
  await page.goto(watchUrl);
  await until('it plays', () => page.evaluate('document.querySelector("video")?.readyState >= 2'));
  return { size, parts: Math.ceil(size / (5 * 1024 * 1024)) };
}

const site = await EmbedSite.start();
const browser = await launchChromium();
try {
  site.broker = { ready, url, call: (method, pathname, how) => callBroker(ready, method, pathname, how) };
  const page = await browser.newPage();
  await page.addInitScript(teeMediaRecorder);
  await page.goto(`${site.origin}/`);
  console.log(JSON.stringify(await record(page)));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
  await site.close();
}
