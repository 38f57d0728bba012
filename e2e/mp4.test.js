/**
 * MP4 as Chromium records it becomes an ordinary file while it is recorded, also where the tab dies: one moov in front, and
 * behind it not a byte that is not as it was delivered.
 */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { decode } from '../web/test/lib/media-tools.js';
import { walk } from '../web/test/mp4/walk.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchFirefox } from './lib/browsers.js';
import { Bucket } from './lib/bucket.js';
import { download } from './lib/download.js';
import { temporaryFolder } from './lib/folders.js';
import { assertWhole, recordSome, recoverOnly } from './lib/left-behind.js';
import { durationOf } from './lib/media.js';
import { openRecorderPage } from './lib/numbered-recorder.js';
import { plays, playsFrom } from './lib/play.js';
import { Profile } from './lib/profile.js';
import { RawStream } from './lib/raw-stream.js';
import { pause } from './lib/until.js';

const PART = 5 * 1024 * 1024;
/** A part takes some seconds. At 60 Mbit/s Chromium’s H.264 gives up (156, 2026-11-29). */
const BITS_PER_SECOND = 20e6;
/** What a file may say of its length, beside what was recorded, in seconds. */
const OFF_BY = 0.2;

let broker, bucket, profile, firefox;

before(async () => {
  broker = await BrokerDev.start({ name: 'mp4' });
  bucket = new Bucket(broker.ready);
  [profile, firefox] = await Promise.all([Profile.start(), launchFirefox()]);
});

after(async () => {
  await Promise.all([profile?.close(), firefox?.close()]);
  bucket?.close();
  await broker?.stop();
});

/** What follows the head. @param {Buffer} bytes */
const fragmentsOf = (bytes) => bytes.subarray(bytes.indexOf('moof') - 4);

/**
 * An ordinary MP4 to everybody, as long as was recorded.
 *
 * @param {Buffer} bytes
 * @param {number} recordedMs
 */
async function assertOrdinary(bytes, recordedMs) {
  const { fragmented, types } = walk(bytes);
  assert.deepEqual([fragmented, types], [false, ['ftyp', 'moov', 'free', 'mdat']]);
  const file = path.join(temporaryFolder(), 'recording.mp4');
  writeFileSync(file, bytes);
  assert.equal(await decode(file), '', 'ffmpeg has nothing to say');
  const seconds = await durationOf(file);
  assert.ok(Math.abs(seconds - recordedMs / 1000) <= OFF_BY, `${seconds} s, recorded ${recordedMs} ms`);
}

/** In both browsers, to its end nearly. @param {{watchUrl: string, durationMs: number}} result */
async function assertPlays({ watchUrl, durationMs }) {
  for (const [name, browser] of Object.entries({ Chromium: profile.context, Firefox: firefox })) {
    const page = await browser.newPage();
    await plays(page, watchUrl, { warned: false });
    const duration = await page.$eval('#player', (video) => video.duration);
    assert.ok(Math.abs(duration - durationMs / 1000) <= OFF_BY, `${name} says ${duration} s, recorded ${durationMs} ms`);
    await playsFrom(page, 0.8);
    await page.close();
  }
}

test('after a killed renderer MP4 is finished in the same upload, with at most 2 s missing, and sought in', async (t) => {
  const raw = new RawStream();
  const recording = await recordSome(profile.context, broker, bucket, { container: 'mp4', videoBitsPerSecond: BITS_PER_SECOND, prepare: (page) => raw.keep(page) });
  const [painted, { progress }] = [await recording.page.painted(), await recording.page.told()];
  await profile.crash(recording.page.page);
  const { page, result, bytes, numbers } = await recoverOnly(profile.context, broker);
  assert.equal(result.id, recording.id, 'the same session, and so the same link');
  assert.match(result.contentType, /^video\/mp4;codecs="avc3[^,]*,opus"$/);
  assertWhole(numbers, painted);
  assert.ok(progress.durationMs - result.durationMs < 2500, `${result.durationMs} ms of ${progress.durationMs}`);
  t.diagnostic(`${painted} frames were painted, ${painted - numbers.at(-1)} of them are missing; ${bytes.length} bytes`);
  await assertOrdinary(bytes, result.durationMs);
  const [have, delivered] = [fragmentsOf(bytes), fragmentsOf(readFileSync(raw.file))];
  const both = Math.min(have.length, delivered.length); // the last slice may have reached the one and not the other
  assert.ok(both > PART / 2 && have.subarray(0, both).equals(delivered.subarray(0, both)), 'what is in S3 is what was delivered');

  await page.page.close();
  await assertPlays(result);
});

test('one of a window that changes its size is what was delivered, to the last byte, and plays', async () => {
  const raw = new RawStream();
  const page = await openRecorderPage(profile.context, broker, { prepare: (fresh) => raw.keep(fresh) });
  await page.begin({ noise: false, container: 'mp4' });
  await pause(2000);
  await page.page.evaluate('Object.assign(recorder.stream.getVideoTracks()[0].canvas, { width: 480, height: 360 })');
  await pause(2000);
  const result = await page.stop();
  await raw.whole();
  await page.page.close();
  const bytes = await download(result.watchUrl);
  await assertOrdinary(bytes, result.durationMs);
  const [have, delivered] = [fragmentsOf(bytes), fragmentsOf(readFileSync(raw.file))];
  assert.ok(have.length > 0 && have.equals(delivered.subarray(0, have.length)));
  const rest = delivered.subarray(have.length); // its index of fragments says what the moov says
  assert.ok(rest.length === 0 || rest.toString('latin1', 4, 8) === 'mfra');
  await assertPlays(result);
});
