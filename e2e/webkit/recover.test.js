/**
 * WebKitGTK dies in the middle of a recording, and finishes it when it comes back. Its sound comes up to a second behind its
 * picture, so what was saved has less sound.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { decode } from '../../web/test/lib/media-tools.js';
import { BrokerDev } from '../lib/broker-dev.js';
import { Bucket } from '../lib/bucket.js';
import { temporaryFolder } from '../lib/folders.js';
import { outlives } from '../lib/left-behind.js';
import { launchWebKit } from '../lib/webkit.js';

/** A part takes some seconds. */
const BITS_PER_SECOND = 20e6;

const profile = { folder: temporaryFolder() };
let broker, bucket, browser;

before(async () => {
  broker = await BrokerDev.start({ name: 'webkit-recover' });
  bucket = new Bucket(broker.ready);
  browser = await launchWebKit(profile);
});

after(async () => {
  await browser?.close();
  bucket?.close();
  await broker?.stop();
});

for (const { name, befalls } of [
  { name: 'a reload', befalls: ({ page }) => page.page.reload() },
  { name: 'a killed web process', befalls: async () => { await browser.crash(); browser = await launchWebKit(profile); } },
  { name: 'a killed browser', befalls: async () => { await browser.kill(); browser = await launchWebKit(profile); } },
]) {
  test(`after ${name} the recording is finished in the same upload, with at most 2 s missing, and plays`, async (t) => {
    const { bytes } = await outlives(() => browser, broker, bucket, {
      befalls, videoBitsPerSecond: BITS_PER_SECOND, note: (words) => t.diagnostic(words),
    });
    const file = path.join(temporaryFolder(), 'left-behind.mp4');
    writeFileSync(file, bytes);
    assert.equal(await decode(file), '', 'ffmpeg has nothing to say');
  });
}
