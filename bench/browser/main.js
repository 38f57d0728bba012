/**
 * Measures the recorder in a real Chromium beside what people use else. Writes a JSON line for each sample, and all else
 * to standard error; the runner in Go makes tables of them.
 *
 *   node bench/browser/main.js '<plan>'
 *
 * @typedef {object} Plan as bench/browser.go has it
 * @property {string} peers folder of the peers' packages
 * @property {{seconds: number, rounds: number}[]} stops lengths of recordings
 * @property {number} killSeconds what was recorded when the browser is killed
 * @property {number} killRounds
 * @property {number} fileBytes
 * @property {number} fileRounds
 */

import { NoLine } from '../../e2e/lib/link.js';
import { FILE, measureFile } from './file.js';
import { openLine, openLoopback } from './grounds.js';
import { done, failAll } from './lines.js';
import { LOST, measureLost } from './lost.js';
import { bundlePages } from './pages.js';
import { measureStop, STOP } from './stop.js';

/** @type {Plan} */
const plan = JSON.parse(process.argv[2]);
const pages = await bundlePages(plan.peers);

let line;
try {
  line = await openLine(plan.peers, pages);
} catch (error) {
  const note = error instanceof NoLine ? 'no line: it needs root and /dev/net/tun' : 'cannot be started';
  for (const table of [STOP, LOST]) failAll(table, note, error);
}
if (line) {
  await measureStop(line, pages, plan.stops);
  done(STOP);
  await measureLost(line, plan);
  done(LOST);
  await line.close();
}

const loopback = await openLoopback(plan.peers, pages);
await measureFile(loopback, pages, plan);
done(FILE);
await loopback.close();
process.exit(); // what did not end by itself is of no more use
