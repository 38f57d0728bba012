/**
 * 600 MB recorded, over a slow uplink. Chromium keeps about 496 MiB of Blobs in memory on a machine with 24 GiB and then
 * fails; the recording does not.
 */

import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { downloadTo } from '../lib/download.js';
import { temporaryFolder } from '../lib/folders.js';
import { packetsOf } from '../lib/media.js';
import { RawStream } from '../lib/raw-stream.js';
import { until } from '../lib/until.js';
import { Behind } from './behind.js';

const SIZE = 600e6;
let behind;

before(async () => { behind = await Behind.start({ name: 'large', up: '6mbit' }); });
after(() => behind?.close());

test('600 MB over a slow uplink are complete, packet by packet', { timeout: 30 * 60_000 }, async (t) => {
  const raw = new RawStream();
  const page = await behind.openPage({ prepare: (page) => raw.keep(page) });
  await page.begin({ framesPerSecond: 60 });
  await until('600 MB are recorded', async () => (await page.told()).progress?.recordedBytes >= SIZE, { withinMs: 15 * 60_000, everyMs: 1000 });
  const { recordedBytes, uploadedBytes } = (await page.told()).progress;
  const { size, durationMs, watchUrl } = await page.stop();
  await raw.whole();
  t.diagnostic(`${size} bytes in ${(durationMs / 1000).toFixed()} s; at stop ${((recordedBytes - uploadedBytes) / 1e6).toFixed()} MB were behind; load ${os.loadavg()[0].toFixed(1)}`);

  const saved = path.join(temporaryFolder(), 'saved.webm');
  await downloadTo(watchUrl, saved);
  assert.equal(statSync(saved).size, size);
  const [want, have] = [await packetsOf(raw.file), await packetsOf(saved)];
  t.diagnostic(`${want.length} packets in ${statSync(raw.file).size} recorded bytes`);
  assert.ok(size >= SIZE && want.length > 0);
  assert.equal(have.length, want.length);
  assert.equal(have.findIndex((packet, i) => packet !== want[i]), -1, 'the first packet that differs');
});
