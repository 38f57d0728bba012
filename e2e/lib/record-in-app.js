/**
 * Records with the script of embed-app.js, in whatever page or frame it runs.
 */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { download } from './download.js';
import { temporaryFolder } from './folders.js';
import { lateDataApart } from './late-data.js';
import { probe } from './media.js';
import { until } from './until.js';

/** The script. @param {{broker: string, recorder: string}} how recorder: what it imports */
export function recordingScript({ broker, recorder }) {
  return readFileSync(new URL('embed-app.js', import.meta.url), 'utf8')
    .replace('https://broker.example/web/recorder.js', recorder)
    .replaceAll('https://broker.example', broker);
}

/**
 * Presses Record and Stop, and watches what was recorded.
 *
 * @param {{evaluate: (script: string) => Promise<any>, click: (selector: string) => Promise<void>}} frame a page or a frame of one
 * @param {{tolerated?: RegExp}} [how] tolerated: errors that it goes on in spite of
 */
export async function recordInApp(frame, { tolerated } = {}) {
  const told = async () => {
    const now = await frame.evaluate('globalThis.told');
    if (now?.error && !tolerated?.test(now.error)) throw new Error(now.error);
    return now;
  };
  await until('its script runs', told);
  await frame.click('#record');
  await until('it records', async () => (await told()).progress?.recordedBytes > 300_000);
  await frame.click('#stop');
  const { watchUrl, outcome, size } = await until('stop() resolves', async () => (await told()).result);
  assert.equal(outcome, 'completed');
  const troubles = await lateDataApart(frame, (await told()).troubles);
  assert.deepEqual(troubles.filter((code) => !tolerated?.test(code)), []);
  const file = path.join(temporaryFolder(), 'recorded.webm');
  const bytes = await download(watchUrl);
  assert.equal(bytes.length, size);
  writeFileSync(file, bytes);
  const streams = await probe(file);
  assert.ok(streams.video?.packets > 5 && streams.audio?.packets > 5, JSON.stringify(streams));
}
