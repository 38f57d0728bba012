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
const FORMS = { front: ['ftyp', 'moov', 'free', 'mdat'], end: ['ftyp', 'mdat', 'moov'] };
/** A moov larger than the room in front stands at the end; the room has a little for the moov that it replaces as well. */
const ROOM_BYTES = 512 * 1024;
const ROOM_MORE_BYTES = 4 * 1024;

/** With 60 frames a second, where the machine paints so many, the moov outgrows the room in front. */
const CODECS = [
  { codecs: 'avc3,opus', framesPerSecond: 60 },
  { codecs: 'vp9,opus', framesPerSecond: 25 },
  { codecs: 'av01,opus', framesPerSecond: 25 },
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

/** What ffmpeg says of a file: on a busy machine Chromium gives two packets of sound one time. @param {string} file */
async function errorsOf(file) {
  return (await decode(file)).replace(/ @ 0x[0-9a-f]+/g, '');
}

/** How large a box at the top is. @param {Buffer} bytes @param {string} type */
function sizeOf(bytes, type) {
  for (let at = 0; ;) {
    const [short, is] = [bytes.readUInt32BE(at), bytes.toString('latin1', at + 4, at + 8)];
    const size = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    if (is === type) return size;
    at += size;
  }
}

for (const { codecs } of CODECS) {
  describe(`${MINUTES} minutes of ${codecs}`, () => {
    test('are an ordinary MP4, and ffmpeg says nothing of it that it does not say of what MediaRecorder delivered', async (t) => {
      const { raw, file, durationMs: recordedMs } = recordings[codecs];
      const bytes = readFileSync(file);
      const { fragmented, types, durationMs } = walk(bytes);
      const moovBytes = sizeOf(bytes, 'moov');
      t.diagnostic(`${bytes.length} bytes; recorded ${recordedMs} ms, it says ${durationMs.toFixed()}; ${types.join(' ')}, a moov of ${moovBytes} bytes`);
      assert.equal(fragmented, false);
      const place = types[1] === 'moov' ? 'front' : 'end';
      assert.deepEqual(types, FORMS[place]);
      assert.ok(place === 'front' ? moovBytes <= ROOM_BYTES + ROOM_MORE_BYTES : moovBytes > ROOM_BYTES, `${moovBytes} bytes at the ${place}`);
      const { info, warnings } = await readByMp4Box(bytes);
      assert.deepEqual([info.isFragmented, warnings], [false, []]);
      const [said, saidOfRaw] = [await errorsOf(file), await errorsOf(raw.file)];
      t.diagnostic(`ffmpeg says: ${said || 'nothing'}`);
      assert.equal(said, saidOfRaw);
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
