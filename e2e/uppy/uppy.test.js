/**
 * Uppy 5 and 6 as they ship, in Chromium, told that the broker is a Companion: they upload, pause, fail, retry, are
 * reloaded and give up. UPPY_MIB is how large the file is.
 */

import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mintGrant } from '../lib/api.js';
import { BrokerDev } from '../lib/broker-dev.js';
import { launchChromium } from '../lib/browsers.js';
import { Bucket } from '../lib/bucket.js';
import { download } from '../lib/download.js';
import { REPOSITORY, temporaryFolder } from '../lib/folders.js';
import { Proxy } from '../lib/proxy.js';
import { pause, until } from '../lib/until.js';
import { bundleModule, StaticSite } from '../lib/vite-app.js';

const MIB = 1024 * 1024;
const SIZE = Number(process.env.UPPY_MIB ?? 12) * MIB - 1;
const PARTS = Math.ceil(SIZE / (5 * MIB));
const VERSIONS = ['v5', 'v6'];
const LONG = { withinMs: 120_000 };

const versionOf = (/** @type {string} */ name) => createRequire(new URL(`${name}/`, import.meta.url))('@uppy/aws-s3/package.json').version;

let site, broker, bucket, proxy, browser, file, sha256;

before(async () => {
  site = await StaticSite.start();
  site.folder = temporaryFolder();
  writeFileSync(path.join(site.folder, 'index.html'), '<!doctype html><title>Uppy</title><input type="file">');
  for (const version of VERSIONS) await bundleModule(fileURLToPath(new URL(`${version}/page.js`, import.meta.url)), version, site.folder);
  broker = await BrokerDev.start({ name: 'uppy', origins: [site.origin], env: { BROKER_UPPY: 'true' } });
  bucket = new Bucket(broker.ready);
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url });
  file = path.join(temporaryFolder(), 'Urlaub Ä.webm');
  const bytes = randomFillSync(Buffer.allocUnsafe(SIZE));
  sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(file, bytes);
});

after(async () => {
  await browser?.close();
  bucket?.close();
  await broker?.stop();
  await proxy?.close();
  await site?.close();
});

beforeEach(() => {
  proxy.passed = [];
  proxy.fault = () => undefined;
});

/** A page with one of the Uppys, and the file chosen. */
class Visit {
  /** @param {string} version @param {import('playwright-core').Page} page */
  constructor(version, page) {
    this.version = version;
    this.page = page;
  }

  /** @param {string} version @param {{options?: object, lines?: string}} [how] see page.js */
  static async start(version, how) {
    const visit = new Visit(version, await browser.newPage());
    visit.how = { at: `${broker.url}/c`, grant: await mintGrant(broker, { origin: site.origin }), ...how };
    await visit.load();
    await visit.page.setInputFiles('input', file);
    await visit.page.evaluate((meta) => globalThis.choose(meta), { size: SIZE, album: 'Küche' });
    return visit;
  }

  async load() {
    await this.page.goto(site.origin);
    await this.page.evaluate((module) => import(module), `/${this.version}.js`);
    await this.page.evaluate((how) => globalThis.begin(how), this.how);
  }

  told() { return this.page.evaluate(() => globalThis.told); }

  /** Calls a method of Uppy and does not wait for what it promises. @param {string} method @param {...unknown} given */
  async does(method, ...given) { await this.page.evaluate(([name, with_]) => { globalThis.uppy[name](...with_); }, [method, given]); }

  /** @returns {Promise<string>} where it is watched */
  async ends() {
    const { urls, errors } = await until('it ends', async () => (await this.told()).result, LONG);
    assert.deepEqual(errors, []);
    assert.equal(urls.length, 1);
    return urls[0];
  }
}

/** PUTs of a part that went by, answered or not. @param {number} number */
const putsOf = (number) => proxy.passed.filter(({ method, url }) => method === 'PUT' && new URL(url).searchParams.get('partNumber') === String(number));

/** Calls of the broker that went by. @param {string} method @param {RegExp} end of their path */
const callsOf = (method, end) => proxy.passed.filter((passed) => passed.method === method && passed.url.startsWith(broker.url) && end.test(new URL(passed.url).pathname));

/** Does `fault` to the first PUT of a part. @param {Record<number, import('../lib/proxy.js').Fault>} faults by number */
function failFirst(faults) {
  proxy.fault = ({ method, url }) => {
    const number = Number(new URL(url).searchParams.get('partNumber'));
    return method === 'PUT' && faults[number] && putsOf(number).length === 1 ? faults[number] : undefined;
  };
}

/** What the broker and S3 have is the file. @param {string} watchUrl */
async function isTheFile(watchUrl) {
  const id = new URL(watchUrl).pathname.split('/').at(-1);
  const session = await broker.call('GET', `/v1/sessions/${id}`);
  assert.deepEqual([session.state, session.outcome, session.name, session.size, session.owner], ['completed', 'completed', 'Urlaub Ä.webm', SIZE, 'user-17']);
  const key = (await bucket.keys()).find((name) => name.includes(id));
  assert.deepEqual(await bucket.digest(key), { size: SIZE, sha256 });
  return watchUrl;
}

for (const version of VERSIONS) {
  const name = `Uppy ${versionOf(version)}`;

  test(`${name} pauses, goes on, and sends again what failed`, async (t) => {
    failFirst({ 2: { silent: true }, 3: { status: 500 } });
    const visit = await Visit.start(version);
    const began = performance.now();
    await visit.does('upload');
    await until('part 1 is there, and part 2 on its way', async () => (await visit.told()).parts.includes(1) && putsOf(2).length === 1, LONG);
    await visit.does('pauseAll');
    const sent = proxy.passed.length;
    await pause(500);
    assert.ok(proxy.passed.length <= sent + 1, 'nothing begins while it pauses');
    await visit.does('resumeAll');
    const watchUrl = await isTheFile(await visit.ends());
    t.diagnostic(`${(SIZE / MIB).toFixed()} MiB in ${PARTS} parts, ${((performance.now() - began) / 1000).toFixed(1)} s`);
    assert.equal(putsOf(1).length, 1, 'what was there is not sent again');
    assert.equal(putsOf(2).length, 2);
    assert.equal(putsOf(3).length, 2);
    assert.ok(callsOf('GET', /\/s3\/multipart\/[^/]+$/).length > 0, 'it asked what is there');
    assert.equal((await download(watchUrl)).length, SIZE);
    await visit.page.close();
  });

  test(`${name} goes on where it was when its page is loaded again`, async () => {
    failFirst({ 2: { silent: true } });
    const visit = await Visit.start(version);
    await until('the file is on the device', async () => (await visit.told()).log.some((line) => /Added 1 blobs/.test(line)), LONG);
    await visit.does('upload');
    await until('part 1 is there, and part 2 on its way', async () => (await visit.told()).parts.includes(1) && putsOf(2).length === 1, LONG);
    await until('Uppy knows how to go on', () => visit.page.evaluate(async () => (await globalThis.kept()).includes('uploadId')));
    await visit.load();
    await until('it is restored', async () => (await visit.told()).restored);
    await visit.does('emit', 'restore-confirmed');
    await isTheFile(await visit.ends());
    assert.equal(putsOf(1).length, 1, 'what was there is not sent again');
    assert.equal(callsOf('POST', /\/s3\/multipart$/).length, 1, 'into one upload');
    await visit.page.close();
  });

  test(`${name} gives up, and nothing is left in S3`, async () => {
    failFirst({ 2: { silent: true } });
    const visit = await Visit.start(version);
    await visit.does('upload');
    await until('part 1 is there', async () => (await visit.told()).parts.includes(1), LONG);
    assert.equal((await bucket.uploads()).length, 1);
    await visit.does('cancelAll');
    await until('the broker has aborted it', () => callsOf('DELETE', /\/s3\/multipart\/[^/]+$/).some(({ status }) => status === 200));
    assert.deepEqual(await bucket.uploads(), []);
    await visit.page.close();
  });

  test(`${name} is told why it does not upload in one piece`, async () => {
    const visit = await Visit.start(version, { options: { shouldUseMultipart: false } });
    await visit.does('upload');
    const { urls, errors } = await until('it ends', async () => (await visit.told()).result);
    assert.deepEqual(urls, []);
    assert.match(String(errors[0]), { v5: /shouldUseMultipart: true/, v6: /Bad Request/ }[version]); // Uppy 6 shows the status alone
    await visit.page.close();
  });
}

test('the lines for signRequest upload a file in one PUT, whose URL binds its length', async () => {
  const manual = readFileSync(path.join(REPOSITORY, 'docs/uppy.md'), 'utf8').split('## With signRequest')[1];
  const lines = /```js\n(.*?)```/s.exec(manual)[1].replace('https://broker.example', broker.url);
  const visit = await Visit.start('v6', { lines });
  await visit.does('upload');
  const { errors } = await until('it ends', async () => (await visit.told()).result, LONG);
  assert.deepEqual(errors, []);
  const [{ url }] = putsOf(1);
  assert.equal(new URL(url).searchParams.get('X-Amz-SignedHeaders'), 'content-length;host');
  const { sessions } = await broker.call('GET', '/v1/sessions?state=completed');
  await isTheFile(`${broker.url}/watch/${sessions.at(-1).id}`);
  await visit.page.close();
});
