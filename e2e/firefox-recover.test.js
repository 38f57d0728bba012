/**
 * Firefox is killed in the middle of a recording, and finishes it when it comes back.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchFirefox } from './lib/browsers.js';
import { Bucket } from './lib/bucket.js';
import { temporaryFolder } from './lib/folders.js';
import { assertLittleMissing, recordSome, recoverOnly } from './lib/left-behind.js';
import { packets, packetsOf } from './lib/media.js';
import { plays } from './lib/play.js';
import { RawStream } from './lib/raw-stream.js';

/** Where a file breaks off ffmpeg may hand out what there is of a packet. */
const LAST_PACKETS = 2;

const profile = { folder: temporaryFolder() };
let broker, bucket, browser;

before(async () => {
  broker = await BrokerDev.start({ name: 'firefox-recover' });
  bucket = new Bucket(broker.ready);
  browser = await launchFirefox({}, profile);
});

after(async () => {
  await browser?.close();
  bucket?.close();
  await broker?.stop();
});

test('after a killed Firefox the recording is finished in the same upload, with at most 2 s missing', async (t) => {
  const raw = new RawStream();
  const recording = await recordSome(browser, broker, bucket, { name: 'Left behind', prepare: (page) => raw.keep(page) });
  const painted = await recording.page.painted();
  const ended = once(browser.process(), 'exit');
  browser.process().kill('SIGKILL');
  await ended;
  assert.equal((await bucket.uploadOf(recording.id)).uploadId, recording.upload.uploadId, 'S3 still has the upload');

  browser = await launchFirefox({}, profile);
  const { page, left, result, bytes, numbers } = await recoverOnly(browser, broker);
  assert.deepEqual([left.name, left.watchUrl], ['Left behind', result.watchUrl]);
  assert.equal(result.id, recording.id, 'the same session, and so the same link');
  assert.equal(await bucket.uploadOf(recording.id), undefined, 'the upload was completed');
  assertLittleMissing(numbers, painted);
  const [delivered, saved] = [await packetsOf(raw.file), await packets(bytes)];
  const both = Math.min(delivered.length, saved.length) - LAST_PACKETS; // either may have got a slice more than the other
  assert.deepEqual(saved.slice(0, both), delivered.slice(0, both), 'and no packet is missing in between');
  t.diagnostic(`${painted} frames were painted, ${painted - numbers.at(-1)} of them are missing`);
  await plays(page.page, result.watchUrl);
  assert.ok(await page.page.$eval('#player', (video) => Number.isFinite(video.duration)), 'it knows how long it is');
});
