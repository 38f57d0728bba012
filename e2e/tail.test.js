/**
 * Devices that never come back: what S3 holds of a recording without any help of them. And ends that are quick.
 */

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { Bucket } from './lib/bucket.js';
import { askRecording, download } from './lib/download.js';
import { FRAMES_PER_SECOND, frameNumbers } from './lib/numbered.js';
import { openRecorderPage } from './lib/numbered-recorder.js';
import { Profile } from './lib/profile.js';
import { isPartPut, Proxy } from './lib/proxy.js';
import { pause, until } from './lib/until.js';

/** What a device that is lost may take with it. */
const LOST_FRAMES = 30 * FRAMES_PER_SECOND;
const MIB = 1024 * 1024;
let broker, bucket, proxy, profile;

before(async () => {
  broker = await BrokerDev.start({ name: 'tail' });
  bucket = new Bucket(broker.ready);
  proxy = await Proxy.start();
});

afterEach(() => profile.close());

after(async () => {
  bucket?.close();
  await Promise.all([broker?.stop(), proxy?.close()]);
});

test('of a recording whose device is lost, the broker salvages all but the last 30 s', async (t) => {
  profile = await Profile.start();
  const page = await openRecorderPage(profile.context, broker);
  await page.begin({ noise: false }); // a part would take minutes to fill
  const link = await page.page.evaluate(() => new Promise((resolve) => { setInterval(() => recorder.watchUrl && resolve(recorder.watchUrl), 100); }));
  const id = await page.id();
  const upload = await until('S3 has the upload', () => bucket.uploadOf(id));
  const [first] = await until('S3 has a tail', async () => {
    const parts = await bucket.parts(upload);
    return parts.length > 0 && parts;
  });
  const [second] = await until('it is overwritten by a longer one', async () => {
    const parts = await bucket.parts(upload);
    return parts[0].size > first.size && parts;
  }, { withinMs: 40_000 });
  assert.equal((await bucket.parts(upload)).length, 1);
  await pause(3000);
  const painted = await page.painted();
  await profile.kill(); // its folder is never looked at again

  await broker.call('POST', `/v1/sessions/${id}/salvage`);
  const bytes = await download(link);
  const numbers = await frameNumbers(bytes);
  const lost = painted - numbers.at(-1);
  t.diagnostic(`${first.size}, then ${second.size} bytes; ${painted} frames were painted, ${lost} of them (${(lost / FRAMES_PER_SECOND).toFixed(1)} s) are lost`);
  assert.ok(lost <= LOST_FRAMES);
  assert.ok(numbers.length > 5 * FRAMES_PER_SECOND);
  assert.equal((await askRecording(link)).size, bytes.length);
});

test('a recording that was salvaged while the lid was closed goes up whole, by itself', async () => {
  profile = await Profile.start({ proxy: proxy.url });
  const page = await openRecorderPage(profile.context, broker);
  await page.begin();
  await until('two parts are in S3', async () => (await page.told()).parts >= 2, { withinMs: 60_000 });
  const before = await page.id();
  proxy.fault = ({ method, url }) => (method !== 'GET' && !url.endsWith('/salvage') ? { status: 503 } : undefined); // the lid is closed
  await broker.call('POST', `/v1/sessions/${before}/salvage`);
  await pause(2000);
  proxy.fault = () => undefined;
  const painted = await page.painted();
  await until('another session is open', async () => await page.id() !== before);
  const { id, watchUrl } = await page.stop();
  assert.notEqual(id, before);
  const numbers = await frameNumbers(await download(watchUrl));
  const atStart = await page.page.evaluate('framesAtStart');
  assert.ok(numbers.at(0) <= atStart + 2, `from its beginning, ${atStart}: ${numbers.at(0)}`);
  assert.ok(numbers.at(-1) >= painted - FRAMES_PER_SECOND, 'to the last');
});

for (const { name, seconds, videoBitsPerSecond = 60e6, nothingIsBehind, mostCalls } of [
  ...[3, 12].map((seconds) => ({
    name: `${seconds} s, of which S3 has all but the tail`, seconds, mostCalls: 3,
    nothingIsBehind: ({ recordedBytes, uploadedBytes, sendingBytes }) => uploadedBytes > 0 && recordedBytes - uploadedBytes < 5 * MIB && sendingBytes === 0,
  })),
  // The part may be full just when it stops: then it is signed before the tail, and again with its final header.
  {
    name: 'nearly a part, of which S3 has nothing', seconds: 0, videoBitsPerSecond: 8e6, mostCalls: 4,
    nothingIsBehind: ({ recordedBytes, uploadedBytes, sendingBytes }) => recordedBytes > 4.2 * MIB && recordedBytes < 5 * MIB && uploadedBytes + sendingBytes === 0,
  },
]) {
  test(`after stop it takes what is left to send, whatever the length: three part PUTs and ${mostCalls} calls at most, after ${name}`, async (t) => {
    profile = await Profile.start({ proxy: proxy.url });
    const page = await openRecorderPage(profile.context, broker);
    await page.begin({ videoBitsPerSecond });
    await pause(seconds * 1000);
    await until('nothing is behind', async () => nothingIsBehind((await page.told()).progress ?? {}), { everyMs: 20 });
    proxy.passed.length = 0;
    const began = performance.now();
    const { size } = await page.stop();
    const ms = performance.now() - began;
    const puts = proxy.passed.filter(isPartPut).map(({ url }) => Number(new URL(url).searchParams.get('partNumber')));
    const calls = proxy.passed.filter(({ method, url }) => method === 'POST' && url.startsWith(broker.url));
    t.diagnostic(`${size} bytes: ${ms.toFixed()} ms after stop, PUTs of parts ${puts}, ${calls.length} calls`);
    assert.ok(puts.length <= 3, `two with new bytes, and part 1: ${puts}`);
    assert.equal(new Set(calls.map(({ url }) => url)).size, 2, 'to sign and report, and to complete');
    assert.ok(calls.length <= mostCalls, `${calls.map(({ url }) => new URL(url).pathname)}`);
    await page.page.close();
  });
}
