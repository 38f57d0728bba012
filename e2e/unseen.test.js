/**
 * PUTs whose progress cannot be seen, for longer than a PUT may stand still.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mintGrant } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { download } from './lib/download.js';
import { sha256 } from './lib/media.js';
import { Proxy } from './lib/proxy.js';

const FILE_BYTES = 3 * 1024 * 1024;
/** Longer than the 30 s after which a PUT is cut that shows its progress and makes none. */
const SLOW_MS = 38_000;
let broker, browser, proxy;

before(async () => {
  broker = await BrokerDev.start({ name: 'unseen' });
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url });
});

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), proxy?.close()]);
});

/** Runs in the page. */
async function uploadZeros({ grant, size }) {
  const { uploadFile } = await import('/web/recorder.js');
  return (await uploadFile(new File([new Uint8Array(size)], 'zeros.mp4', { type: 'video/mp4' }), { broker: location.origin, grant })).watchUrl;
}

/** Runs in the page: has a service worker answer for it, as those do that only want to see what goes by. */
async function serveByWorker() {
  await navigator.serviceWorker.register('/sw.js');
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) await new Promise((resolve) => { navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }); });
}

const WORKER = `
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));
`;
const script = { status: 200, headers: { 'Content-Type': 'text/javascript' }, body: WORKER };

test('a part whose PUT is long and unseen is sent once', { concurrency: true }, async (t) => {
  /** @type {string[]} paths: another is another recording's */
  const puts = [];
  proxy.fault = ({ method, url }) => {
    if (url.endsWith('/sw.js')) return script;
    if (method !== 'PUT') return undefined;
    puts.push(new URL(url).pathname);
    return { bufferMs: SLOW_MS };
  };
  const upload = async (prepare = async () => {}) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${broker.url}/web/recorder.js`);
    await page.evaluate(prepare);
    const watchUrl = await page.evaluate(uploadZeros, { grant: await mintGrant(broker), size: FILE_BYTES });
    assert.equal(sha256(await download(watchUrl)), sha256(Buffer.alloc(FILE_BYTES)));
    await context.close();
  };
  await Promise.all([
    t.test('through a proxy that takes all bytes and passes them on slowly', () => upload()),
    t.test('and under a service worker, which shows no progress at all', () => upload(serveByWorker)),
  ]);
  assert.equal(puts.length, 2, puts.join());
  assert.equal(new Set(puts).size, 2, puts.join());
});
