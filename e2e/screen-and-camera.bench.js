/**
 * What it costs to draw the camera into the screen: 720p at 30 frames a second, beside the screen alone, in turns. Prints the
 * CPU of the whole browser, and how many of the frames that were painted are in the file.
 */

import { execFileSync } from 'node:child_process';
import { BrokerDev } from './lib/broker-dev.js';
import { probe } from './lib/media.js';
import { launchWithBoth, recordScreen, stopInto } from './lib/record-screen.js';
import { screenNumbers } from './lib/two-pictures.js';
import { pause } from './lib/until.js';

const SECONDS = 20;
const ROUNDS = Number(process.env.ROUNDS ?? 2);

/** CPU in seconds of all Chromium processes below this one, those that have ended included. */
function cpu() {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,cputimes=,comm='], { encoding: 'utf8' }).trim().split('\n').map((line) => line.trim().split(/\s+/));
  const below = new Set([String(process.pid)]);
  for (let grown = 0; grown !== below.size;) {
    grown = below.size;
    for (const [pid, parent] of lines) if (below.has(parent)) below.add(pid);
  }
  return lines.filter(([pid, , , name]) => below.has(pid) && name === 'chromium').reduce((sum, [, , seconds]) => sum + Number(seconds), 0);
}

const broker = await BrokerDev.start({ name: 'screen-and-camera-bench' });
const browser = await launchWithBoth();
try {
  for (let round = 0; round < ROUNDS; round++) {
    for (const contentType of ['video/webm;codecs=vp9,opus', 'video/mp4;codecs=avc3,mp4a.40.2']) {
      for (const camera of [false, true]) {
        const { context, page } = await recordScreen(browser, broker, { camera, contentType });
        await pause(2000); // what starts costs more
        const before = cpu();
        await pause(1000 * SECONDS);
        const used = cpu() - before;
        const file = await stopInto(page, 'bench.media');
        const numbers = await screenNumbers(file);
        const painted = numbers[numbers.length - 1] - numbers[0] + 1;
        const { video } = await probe(file);
        console.log(`${contentType} ${camera ? 'screen and camera' : 'screen alone      '}: ${(100 * used / SECONDS).toFixed(0)} % of a core, ${(video.packets / (SECONDS + 2)).toFixed(1)} frames a second, ${new Set(numbers).size} of ${painted} of the screen`);
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
  await broker.stop();
}
