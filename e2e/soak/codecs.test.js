/**
 * What a recording of a screen costs in each container, in CPU, in frames that are lost and in quality: what `container: 'auto'`
 * goes by (docs/decisions.md). It measures and judges nothing, but that each of them records.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerDev } from '../lib/broker-dev.js';
import { temporaryFolder } from '../lib/folders.js';
import { beforeItLoads } from '../lib/in-page.js';
import { frameNumbers } from '../lib/numbered.js';
import { Profile } from '../lib/profile.js';
import { paintScreen } from '../lib/screen-like.js';
import { pause } from '../lib/until.js';

const SECONDS = 20;
const FRAMES_PER_SECOND = 30;
const PIXELS = 1280 * 720;
/** What the kernel counts CPU in, a second. */
const TICKS = 100;
/** So many frames are held against what was painted. */
const COMPARED = 12;

let broker, profile;

before(async () => {
  broker = await BrokerDev.start({ name: 'codecs' });
  profile = await Profile.start();
});
after(async () => {
  await profile?.close();
  await broker?.stop();
});

/** CPU of all the browser's processes until now, in seconds. */
function cpuSeconds() {
  return profile.processes().reduce((sum, { pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/\(.*\)/, '()').split(' ');
    return sum + (Number(fields[13]) + Number(fields[14])) / TICKS; // utime and stime
  }, 0);
}

for (const { what, mimeType, keyFrameMs } of [
  { what: 'nothing, the picture alone' },
  { what: 'WebM, VP8', mimeType: 'video/webm;codecs=vp8,opus', keyFrameMs: 2000 },
  { what: 'WebM, VP9', mimeType: 'video/webm;codecs=vp9,opus', keyFrameMs: 2000 },
  { what: 'MP4, H.264', mimeType: 'video/mp4;codecs=avc3,opus', keyFrameMs: 1000 },
]) {
  test(what, async (t) => {
    const page = await profile.context.newPage();
    await beforeItLoads(page, paintScreen);
    await page.goto(broker.barePage);
    await page.evaluate(record, { mimeType, keyFrameMs, framesPerSecond: FRAMES_PER_SECOND });
    await pause(3000); // what begins costs more
    const [cpu, painted, at] = [cpuSeconds(), await page.evaluate('screenLike.painted'), performance.now()];
    await pause(SECONDS * 1000);
    const seconds = (performance.now() - at) / 1000;
    const share = (cpuSeconds() - cpu) / seconds;
    const rate = (await page.evaluate('screenLike.painted') - painted) / seconds;
    t.diagnostic(`${(100 * share).toFixed()} % of a core, ${rate.toFixed(1)} frames painted a second; load ${os.loadavg()[0].toFixed(1)}`);
    if (mimeType) t.diagnostic(await judged(page));
    await page.close();
  });
}

/** Runs in the page. */
async function record({ mimeType, keyFrameMs, framesPerSecond }) {
  const stream = globalThis.screenLike.stream(framesPerSecond);
  if (!mimeType) return;
  const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: 2_500_000, videoKeyFrameIntervalDuration: keyFrameMs });
  const slices = [];
  recorder.ondataavailable = ({ data }) => slices.push(data);
  recorder.start(500);
  globalThis.recorded = () => new Promise((resolve) => {
    recorder.onstop = () => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.split(',')[1]);
      reader.readAsDataURL(new Blob([new Blob(slices)]));
    };
    recorder.stop();
  });
}

/** How large it became, what is lost of it, and how like it is to what was painted. */
async function judged(page) {
  const bytes = Buffer.from(await page.evaluate('recorded()'), 'base64');
  const painted = await page.evaluate('screenLike.painted');
  const numbers = await frameNumbers(bytes);
  assert.ok(numbers.length > SECONDS, `${numbers.length} frames`);
  const chosen = Array.from({ length: COMPARED }, (_, i) => Math.floor((i + 0.5) / COMPARED * numbers.length));
  const file = path.join(temporaryFolder(), 'recorded');
  writeFileSync(file, bytes);
  const filter = `select='${chosen.map((n) => `eq(n,${n})`).join('+')}',format=gray`;
  const luma = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'], { maxBuffer: 1e9 });
  const decibels = [];
  for (const [i, n] of chosen.entries()) {
    const wanted = Buffer.from(await page.evaluate((number) => globalThis.screenLike.luma(number), numbers[n]), 'base64');
    decibels.push(psnr(luma.subarray(i * PIXELS, (i + 1) * PIXELS), wanted));
  }
  const lost = 1 - new Set(numbers).size / (numbers.at(-1) - numbers[0] + 1);
  const kbits = bytes.length * 8 / 1000 / (painted / FRAMES_PER_SECOND);
  const mean = decibels.reduce((sum, one) => sum + one, 0) / decibels.length;
  return `${kbits.toFixed()} kbit/s, ${(100 * lost).toFixed(1)} % of the frames are lost; luma PSNR ${mean.toFixed(1)} dB, the worst ${Math.min(...decibels).toFixed(1)} dB`;
}

/** @param {Uint8Array} one @param {Uint8Array} other */
function psnr(one, other) {
  let sum = 0;
  for (let i = 0; i < PIXELS; i++) sum += (one[i] - other[i]) ** 2;
  return 10 * Math.log10(255 ** 2 * PIXELS / Math.max(sum, 1));
}
