/**
 * A large recording can be sought in: it says how long it is, and of the file only what is watched is fetched. And it is
 * what the browser recorded, in a form nobody objects to.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decode, elementTree, identify } from '../web/test/lib/media-tools.js';
import { walk } from '../web/test/webm/walk.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, launchFirefox, throughProxy } from './lib/browsers.js';
import { downloadTo } from './lib/download.js';
import { temporaryFolder } from './lib/folders.js';
import { durationOf, packetsOf } from './lib/media.js';
import { openRecorderPage } from './lib/numbered-recorder.js';
import { fetchedToSeek } from './lib/play.js';
import { Proxy } from './lib/proxy.js';
import { RawStream } from './lib/raw-stream.js';
import { until } from './lib/until.js';

const SIZE = 60e6;
/** What a file may say of its length, beside what was recorded, in seconds. */
const OFF_BY = 0.2;
/** What players load comes no faster, or the loopback would bring them the file before they know what they want. */
const DOWNLINK_BYTES = 20e6 / 8;

let broker, proxy, browsers;
const raw = new RawStream();
const file = path.join(temporaryFolder(), 'large.webm');
/** @type {{size: number, durationMs: number, watchUrl: string}} */
let recording;

before(async () => {
  broker = await BrokerDev.start({ name: 'seek' });
  proxy = await Proxy.start();
  browsers = {
    Chromium: await launchChromium({ proxy: proxy.url }),
    Firefox: await launchFirefox(throughProxy(proxy.url)),
  };
  const page = await openRecorderPage(browsers.Chromium, broker, { prepare: (page) => raw.keep(page) });
  await page.begin({ framesPerSecond: 60 });
  await until('60 MB are recorded', async () => (await page.told()).progress?.recordedBytes >= SIZE, { withinMs: 300_000 });
  recording = await page.stop();
  await raw.whole();
  await page.page.close();
  await downloadTo(recording.watchUrl, file);
  proxy.fault = ({ method }) => (method === 'GET' ? { bytesPerSecond: DOWNLINK_BYTES } : undefined);
}, { timeout: 400_000 });

after(async () => {
  await Promise.all(Object.values(browsers ?? {}).map((browser) => browser.close()));
  await Promise.all([broker?.stop(), proxy?.close()]);
});

for (const name of ['Chromium', 'Firefox']) {
  test(`${name} seeks to 80 % of 60 MB and plays, and fetches less than a third`, async (t) => {
    const page = await browsers[name].newPage();
    const { duration, at, bytes, forHead } = await fetchedToSeek(page, recording.watchUrl, { proxy, s3: broker.ready.s3_endpoint, share: 0.8 });
    t.diagnostic(`duration ${duration} s, at ${at.toFixed(1)} s after ${bytes} bytes, ${forHead} of them for its head, of ${recording.size}: ${(100 * bytes / recording.size).toFixed()} %`);
    assert.ok(Math.abs(duration - recording.durationMs / 1000) <= OFF_BY, `${duration} s, recorded ${recording.durationMs} ms`);
    assert.ok(bytes < recording.size / 3, `${bytes} of ${recording.size} bytes were fetched`);
    await page.close();
  });
}

/** A busy Chromium gives two packets of sound one time, and ffmpeg says so. @param {string} of a file */
async function complaints(of) {
  return (await decode(of)).replaceAll(/0x[0-9a-f]+/g, '');
}

describe('the file', () => {
  test('is as long as was recorded, by ffprobe too', async () => {
    const seconds = await durationOf(file);
    assert.ok(Math.abs(seconds - recording.durationMs / 1000) <= OFF_BY, `${seconds} s, recorded ${recording.durationMs} ms`);
  });

  test('has the packets that MediaRecorder delivered', async () => {
    const want = await packetsOf(raw.file);
    assert.ok(want.length > 100, `${want.length} packets`);
    assert.deepEqual(await packetsOf(file), want);
  });

  test('is clean to ffmpeg, mkvmerge and mkvinfo', async () => {
    assert.equal(await complaints(file), await complaints(raw.file), 'ffmpeg complains of nothing but what it would of the browser’s own');
    const { recognized, supported, warnings, errors } = await identify(file);
    assert.deepEqual({ recognized, supported, warnings, errors }, { recognized: true, supported: true, warnings: [], errors: [] });
    // Chromium writes VideoAlphaMode, which Debian's mkvinfo does not know.
    const tree = (await elementTree(file)).replaceAll(/Unknown element: VideoAlphaMode/g, '');
    assert.match(tree, /\+ Cue point/);
    assert.doesNotMatch(tree, /unknown|error|warning|invalid|resync/i);
  });

  test('is clean to our own strict reader', () => {
    const { live, cues, clusters } = walk(readFileSync(file));
    assert.ok(!live && cues.length > 5 && clusters.length >= cues.length, `${cues.length} cues, ${clusters.length} clusters`);
  });
});
