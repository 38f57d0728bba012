/**
 * Providers whose accounts nobody here has: our S3 refuses what they are said to refuse, and the recorder completes there as it
 * is, each part bound to its bytes by the best that the provider takes.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { download } from './lib/download.js';
import { temporaryFolder } from './lib/folders.js';
import { idOf, RecordPage } from './lib/record-page.js';

const MiB = 1024 * 1024;

/** What a session has there, and how large its parts are at least. */
const PROVIDERS = {
  r2: { checksum: 'crc32c', header: 'x-amz-checksum-crc32c' },
  b2: { checksum: 'md5', header: 'content-md5' },
  gcs: { checksum: 'md5', header: 'content-md5' },
  scaleway: { checksum: 'sha256', header: 'x-amz-checksum-sha256' },
  coreweave: { checksum: 'sha256', header: 'x-amz-checksum-sha256', partBytes: 15 * MiB },
  oracle: { checksum: 'sha256', header: 'x-amz-checksum-sha256', partBytes: 10 * MiB + 1 },
  lock: { checksum: 'sha256', header: 'x-amz-checksum-sha256' },
};

/** Of sound alone, so that seven recordings side by side cost little. */
const SHORT = 30_000;

let browser;
before(async () => { browser = await launchChromium(); });
after(() => browser?.close());

test('elsewhere', { concurrency: true }, async (t) => {
  await Promise.all(Object.entries(PROVIDERS).map(([name, want]) => t.test(`as ${name}`, async () => {
    const broker = await BrokerDev.start({ name: `as-${name}`, args: ['--s3-as', name] });
    const context = await browser.newContext({ permissions: ['microphone'] });
    try {
      const page = new RecordPage(await context.newPage());
      await records(page, broker, want);
      await uploads(page, broker, want);
    } finally {
      await context.close();
      await broker.stop();
    }
  })));
});

/** @param {RecordPage} page @param {BrokerDev} broker @param {{checksum: string, header: string, partBytes?: number}} want */
async function records(page, broker, want) {
  const bound = watchPuts(page, want.header);
  await page.open(broker.url);
  await page.record({ mic: true });
  await page.hasRecorded(SHORT);
  await page.press('#stop');
  await page.is('completed');
  await arrived(page, broker, want, bound);
}

/** A file of three parts: a recording of so much would take a while. */
async function uploads(page, broker, want) {
  const bytes = Buffer.alloc(2 * (want.partBytes ?? 5 * MiB) + 99, 'all that a provider may do otherwise; ');
  const file = path.join(temporaryFolder(), 'a.webm');
  writeFileSync(file, bytes);
  const bound = watchPuts(page, want.header);
  await page.open(broker.url);
  await page.page.setInputFiles('#file', file);
  await page.is('completed');
  const { watched, session } = await arrived(page, broker, want, bound);
  assert.ok(watched.equals(bytes), 'the object is the file');
  assert.equal(session.size, bytes.length);
  assert.equal(bound.length, Math.ceil(bytes.length / session.part_size));
}

/** The checksums of PUTs, as they are sent. @returns {(string | undefined)[]} */
function watchPuts(page, header) {
  const sums = [];
  page.page.removeAllListeners('request');
  page.page.on('request', (request) => { if (request.method() === 'PUT') sums.push(request.headers()[header]); });
  return sums;
}

/** The session has the checksum that it should have, each PUT had it, and the object is there. */
async function arrived(page, broker, want, bound) {
  const link = await page.link();
  const session = await broker.call('GET', `/v1/sessions/${idOf(link)}`);
  assert.equal(session.checksum, want.checksum);
  assert.ok(session.part_size >= (want.partBytes ?? 5 * MiB), `parts of ${session.part_size} bytes`);
  assert.ok(bound.length > 0 && bound.every(Boolean), `${want.header} of the PUTs is ${bound}`);
  const watched = await download(link);
  assert.equal(session.state, 'completed');
  assert.equal(watched.length, session.size);
  return { watched, session };
}
