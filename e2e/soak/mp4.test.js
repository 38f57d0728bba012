/**
 * Twelve minutes of MP4 as Chromium records it, with each of its codecs: an ordinary file to everybody, and in three engines one sees
 * how long it is and plays at once from anywhere. SOAK_MP4_MINUTES=1 tries it.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decode } from '../../web/test/lib/media-tools.js';
import { readByMp4Box } from '../../web/test/mp4/readers.js';
import { walk } from '../../web/test/mp4/walk.js';
import { BrokerDev } from '../lib/broker-dev.js';
import { launchChromium, launchFirefox, throughProxy } from '../lib/browsers.js';
import { downloadTo } from '../lib/download.js';
import { temporaryFolder } from '../lib/folders.js';
import { packetsOf } from '../lib/media.js';
import { openRecorderPage } from '../lib/numbered-recorder.js';
import { fetchedToSeek } from '../lib/play.js';
import { Proxy } from '../lib/proxy.js';
import { RawStream } from '../lib/raw-stream.js';
import { pause } from '../lib/until.js';
import { launchWebKit } from '../lib/webkit.js';

const MINUTES = Number(process.env.SOAK_MP4_MINUTES ?? 12);
const BITS_PER_SECOND = 1e6;
/** What a player may say of the length, beside what was recorded, in seconds. */
const OFF_BY = 0.1;
const PLAYS_WITHIN_MS = 1000;
const FETCHED_SHARE = 0.05;
/** What players load comes no faster. */
const DOWNLINK_BYTES = 20e6 / 8;
const ENDS = { front: ['ftyp', 'moov', 'free', 'mdat'], end: ['ftyp', 'mdat', 'moov'] };

/** With 60 frames a second the moov outgrows the room in front for it, and stands at the end. */
const CODECS = [
  { codecs: 'avc3,opus', framesPerSecond: 60, place: 'end' },
  { codecs: 'vp9,opus', framesPerSecond: 25, place: 'front' },
  { codecs: 'av01,opus', framesPerSecond: 25, place: 'front' },
];

let broker, proxy, browsers;
/** @type {Record<string, Awaited<ReturnType<typeof record>>>} by codecs */
const recordings = {};

before(async () => {
  broker = await BrokerDev.start({ name: 'soak-mp4' });
  proxy = await Proxy.start();
  const [Chromium, Firefox, WebKit] = await Promise.all([
    launchChromium({ proxy: proxy.url }), launchFirefox(throughProxy(proxy.url)), launchWebKit({ proxy: proxy.url }),
  ]);
  browsers = { Chromium, Firefox, WebKit };
  await Promise.all(CODECS.map(async ({ codecs, framesPerSecond }) => { recordings[codecs] = await record(codecs, framesPerSecond); }));
  proxy.fault = ({ method }) => (method === 'GET' ? { bytesPerSecond: DOWNLINK_BYTES } : undefined);
}, { timeout: (MINUTES + 3) * 60_000 });

after(async () => {
  await Promise.all(Object.values(browsers ?? {}).map((browser) => browser.close()));
  await Promise.all([broker?.stop(), proxy?.close()]);
});

/** @param {string} codecs @param {number} framesPerSecond */
async function record(codecs, framesPerSecond) {
  const raw = new RawStream();
  const page = await openRecorderPage(browsers.Chromium, broker, { prepare: (fresh) => raw.keep(fresh) });
  await page.begin({ framesPerSecond, contentType: `video/mp4;codecs=${codecs}`, videoBitsPerSecond: BITS_PER_SECOND });
  await pause(MINUTES * 60_000);
  const { size, durationMs, watchUrl } = await page.stop();
  await raw.whole();
  await page.page.close();
  const file = path.join(temporaryFolder(), 'recording.mp4');
  await downloadTo(watchUrl, file);
  return { raw, file, size, durationMs, watchUrl };
}

for (const { codecs, place } of CODECS) {
  describe(`${MINUTES} minutes of ${codecs}`, () => {
    test('are an ordinary MP4, and ffmpeg has nothing to say', async (t) => {
      const { file, durationMs: recordedMs } = recordings[codecs];
      const bytes = readFileSync(file);
      const { fragmented, types, durationMs } = walk(bytes);
      t.diagnostic(`${bytes.length} bytes; recorded ${recordedMs} ms, it says ${durationMs.toFixed()}; ${types.join(' ')}`);
      assert.equal(fragmented, false);
      if (MINUTES >= 12) assert.deepEqual(types, ENDS[place]);
      const { info, warnings } = await readByMp4Box(bytes);
      assert.deepEqual([info.isFragmented, warnings], [false, []]);
      assert.equal(await decode(file), '');
    });

    test('have the packets that MediaRecorder delivered', async () => {
      const { raw, file } = recordings[codecs];
      const want = await packetsOf(raw.file);
      assert.ok(want.length > 100 * MINUTES, `${want.length} packets`);
      assert.deepEqual(await packetsOf(file), want);
    });

    for (const name of ['Chromium', 'Firefox', 'WebKit']) {
      test(`${name} knows how long they are, and plays from 80 % within ${PLAYS_WITHIN_MS} ms`, async (t) => {
        const { watchUrl, size, durationMs } = recordings[codecs];
        const page = await browsers[name].newPage();
        const { duration, at, ms, bytes, forHead } = await fetchedToSeek(page, watchUrl, { proxy, s3: broker.ready.s3_endpoint, share: 0.8 });
        await page.close();
        const forSeek = bytes - forHead;
        t.diagnostic(`duration ${duration} s; at ${at.toFixed(1)} s after ${ms.toFixed()} ms; ${forSeek} bytes, and ${forHead} before, of ${size}`);
        assert.ok(Math.abs(duration - durationMs / 1000) <= OFF_BY, `${duration} s, recorded ${durationMs} ms`);
        assert.ok(ms <= PLAYS_WITHIN_MS, `it played after ${ms} ms`);
        assert.ok(forSeek <= FETCHED_SHARE * size, `${forSeek} bytes were fetched`);
      });
    }
  });
}
