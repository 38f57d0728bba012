/**
 * How fast this machine's Chromium hashes parts, in a Worker as the recorder does. Prints MB/s; ends with 1 if one algorithm
 * is slower than any uplink that a recorder may have.
 */

import path from 'node:path';
import { launchChromium } from './lib/browsers.js';
import { REPOSITORY } from './lib/folders.js';
import { StaticSite } from './lib/vite-app.js';

/** MB/s: more than 2 Gbit/s. */
const ENOUGH = 300;

/** Runs in the page. */
function measure() {
  const source = `
    import { checksumOf } from '${location.origin}/checksum/checksum.js';
    const part = new Blob([crypto.getRandomValues(new Uint8Array(65536)), new Uint8Array(5 * 2 ** 20 - 65536).map((_, i) => i * 167 >>> 3)]);
    const rates = {};
    for (const algorithm of ['sha256', 'crc32c', 'md5']) {
      for (let i = 0; i < 10; i++) await checksumOf(algorithm, part); // until it is compiled
      let best = Infinity; // of many: the machine may have other things to do
      for (let i = 0; i < 60; i++) {
        const began = performance.now();
        await checksumOf(algorithm, part);
        best = Math.min(best, performance.now() - began);
      }
      rates[algorithm] = Math.round(part.size / 1000 / best);
    }
    postMessage(rates);`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}

const site = await StaticSite.start();
site.folder = path.join(REPOSITORY, 'web');
const browser = await launchChromium();
try {
  const page = await browser.newPage();
  await page.goto(`${site.origin}/recorder.js`); // shown as text
  const rates = await page.evaluate(measure);
  for (const [algorithm, rate] of Object.entries(rates)) console.log(`${algorithm}: ${rate} MB/s`);
  if (Object.values(rates).some((rate) => rate < ENOUGH)) process.exitCode = 1;
} finally {
  await browser.close();
  await site.close();
}
