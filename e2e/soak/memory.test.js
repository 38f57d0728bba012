/**
 * 1 GiB recorded, over an uplink that is slower than the recording: what waits lies on the disk, not in memory.
 */

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { askRecording } from '../lib/download.js';
import { OUT } from '../lib/folders.js';
import { pause } from '../lib/until.js';
import { Behind } from './behind.js';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const PART = 5 * MIB;
/** What the renderer and the browser process together may hold above what they held before recording. */
const MOST_MIB = 150;
/** The upload has to be behind for so long, or it was not put to the test. */
const BEHIND_S = 120;
const SETTLE_MS = 5000;
const SAMPLES = path.join(OUT, 'soak-memory.csv');
let behind;

before(async () => { behind = await Behind.start({ name: 'memory', up: '6mbit' }); });
after(() => behind?.close());

test(`1 GiB behind a slow uplink: memory stays within ${MOST_MIB} MiB above idle`, { timeout: 40 * 60_000 }, async (t) => {
  const page = await behind.openPage();
  await pause(SETTLE_MS);
  const idle = pss(behind.profile);
  t.diagnostic(`idle: ${words(idle)}; load ${os.loadavg()[0].toFixed(1)}`);
  writeFileSync(SAMPLES, 'seconds,recorded,uploaded,renderer,browser,utility,load\n');
  await page.begin({ framesPerSecond: 60 });

  const most = { renderer: 0, browser: 0, both: 0, utility: 0 };
  const began = performance.now();
  let stopped, over = false, seconds = 0, behindS = 0, worst = 0;
  for (; !over; seconds++) {
    const { recordedBytes = 0, uploadedBytes = 0 } = (await page.told()).progress ?? {};
    const now = pss(behind.profile);
    for (const kind of Object.keys(most)) most[kind] = Math.max(most[kind], now[kind] - idle[kind]);
    if (recordedBytes - uploadedBytes > 2 * PART) behindS++;
    worst = Math.max(worst, recordedBytes - uploadedBytes);
    appendFileSync(SAMPLES, `${[seconds, recordedBytes, uploadedBytes, now.renderer, now.browser, now.utility, os.loadavg()[0]].join()}\n`);
    if (seconds % 30 === 0) t.diagnostic(`${seconds} s: ${Math.round(recordedBytes / MIB)} MiB recorded, ${Math.round(uploadedBytes / MIB)} uploaded; ${words(now)}`);
    if (!stopped && recordedBytes >= GIB) {
      stopped = page.stop();
      stopped.finally(() => { over = true; }).catch(() => {});
      t.diagnostic(`${seconds} s: stop`);
    }
    await pause(1000 * (seconds + 1) - (performance.now() - began)); // nothing where we are late
  }
  const { size, watchUrl, durationMs } = await stopped;
  t.diagnostic(`${Math.round(size / MIB)} MiB in ${(durationMs / 1000).toFixed()} s, completed after ${seconds} s; ${behindS} s behind, at most ${Math.round(worst / MIB)} MiB`);
  t.diagnostic(`at most, above idle: ${words(most)}; load ${os.loadavg()[0].toFixed(1)}`);
  assert.equal((await askRecording(watchUrl)).size, size);
  assert.ok(size >= GIB && behindS >= BEHIND_S, `${size} bytes, ${behindS} s behind`);
  assert.ok(most.both <= MOST_MIB, `${most.both} MiB above idle`);
});

/** The proportional set size of a browser's processes, in MiB. @param {import('../lib/profile.js').Profile} profile */
function pss(profile) {
  const of = (kind) => profile.processes().filter(({ type }) => type === kind).reduce((sum, { pid }) => sum + pssOf(pid), 0);
  const [renderer, browser, utility] = [of('renderer'), of('browser'), of('utility')];
  return { renderer, browser, both: renderer + browser, utility };
}

/** @param {number} pid */
function pssOf(pid) {
  try {
    const [, kib] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return Math.round(kib / 1024);
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return 0; // it has ended meanwhile
    throw error;
  }
}

/** @param {ReturnType<typeof pss>} mib */
function words({ renderer, browser, both, utility }) {
  return `renderer ${renderer} MiB, browser ${browser}, both ${both}, utility processes ${utility}`;
}
