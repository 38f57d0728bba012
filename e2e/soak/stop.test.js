/**
 * How long it takes from stop to completed over 20 Mbit/s and 40 ms, after 20 s and after 5 min of recording.
 */

import assert from 'node:assert/strict';
import os from 'node:os';
import { after, before, test } from 'node:test';
import { pause } from '../lib/until.js';
import { Behind } from './behind.js';

const PART = 5 * 1024 * 1024;
const UPLINK_BYTES = 20e6 / 8;
const RTT_MS = 40;
let behind;

before(async () => { behind = await Behind.start({ name: 'stop', up: '20mbit' }); });
after(() => behind?.close());

for (const seconds of [20, 300]) {
  test(`after ${seconds} s of recording, stop costs what is left to send`, { timeout: (seconds + 120) * 1000 }, async (t) => {
    const page = await behind.openPage();
    const requests = [];
    page.page.on('request', (request) => requests.push({ method: request.method(), url: new URL(request.url()) }));
    await page.begin({ videoBitsPerSecond: 6e6 });
    await pause(seconds * 1000);

    requests.length = 0;
    const { uploadedBytes, sendingBytes } = (await page.told()).progress;
    const began = performance.now();
    const { size, durationMs } = await page.stop();
    const ms = performance.now() - began;
    const puts = requests.filter(({ method }) => method === 'PUT').map(({ url }) => Number(url.searchParams.get('partNumber')));
    const calls = requests.filter(({ method, url }) => method === 'POST' && url.origin === behind.broker.url);
    const leftBytes = size - uploadedBytes - sendingBytes + Math.min(PART, size);
    const goalMs = 1.25 * 1000 * (leftBytes / UPLINK_BYTES) + 6 * RTT_MS;
    t.diagnostic(`${(durationMs / 1000).toFixed(1)} s, ${(size / 1e6).toFixed(1)} MB, ${(size * 8 / durationMs / 1000).toFixed(1)} Mbit/s; load ${os.loadavg()[0].toFixed(1)}`);
    t.diagnostic(`${ms.toFixed()} ms after stop, the goal is ${goalMs.toFixed()}: ${(leftBytes / 1e6).toFixed(1)} MB were left; PUTs of parts ${puts}; ${calls.length} calls`);
    const again = puts.filter((number) => number === 1).length;
    assert.ok(again <= 1 && puts.length - again <= 2, `two with new bytes at most, and part 1: ${puts}`);
    assert.ok(calls.length <= 3, calls.map(({ url }) => url.pathname).join());
    await page.page.close();
  });
}
