/**
 * Recorder.check(), on pages where something is amiss: it says what, and the line that mends it.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, test } from 'node:test';
import { ApiUpload, mintGrant } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, launchFirefox } from './lib/browsers.js';
import { Bucket } from './lib/bucket.js';
import { assertAllIsWell, failed, findingsOf } from './lib/check-findings.js';
import { EmbedSite } from './lib/embed-site.js';
import { Proxy } from './lib/proxy.js';
import { until } from './lib/until.js';

let site, broker, proxy, browser;

before(async () => {
  site = await EmbedSite.start();
  broker = site.broker = await BrokerDev.start({ name: 'check', origins: [site.origin, insecure()] });
  proxy = await Proxy.start();
  browser = await launchChromium({ proxy: proxy.url });
});

/** The site’s other address: browsers trust 127.0.0.1 as they do https. */
const insecure = () => site.origin.replace('127.0.0.1', 'insecure.test');

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), site?.close(), proxy?.close()]);
});

beforeEach(() => {
  proxy.fault = () => undefined;
  site.otherPolicy = null;
});

/** What the check finds on a page of a site. @param {EmbedSite} [where] @param {Parameters<typeof findingsOf>[2] & {launched?: any}} [how] */
const findings = (where = site, { of = broker, launched = browser, ...how } = {}) => findingsOf(launched, where, { of, ...how });

for (const { name, launch } of [{ name: 'Chromium', launch: launchChromium }, { name: 'Firefox', launch: launchFirefox }]) {
  test(`${name}: on a page with the documented lines all is well, and S3 keeps nothing of it`, async () => {
    const launched = await launch();
    const bucket = new Bucket(broker.ready);
    try {
      site.broker = broker;
      await assertAllIsWell(launched, site, bucket, { records: /video\/webm/ });
    } finally {
      bucket.close();
      await launched.close();
    }
  });
}

test('a bucket without CORS rules: the rules to paste', async () => {
  proxy.fault = ({ method, url }) => (method === 'OPTIONS' && url.startsWith(broker.ready.s3_endpoint) ? { status: 403, mute: true } : undefined);
  const found = await findings();
  assert.deepEqual(failed(found), { bad: ['bucket'], unknown: ['etag'] });
  assert.match(found.bucket.detail, /its CORS rules let no page on http:\/\/127\.0\.0\.1:\d+ PUT/);
  const [rule] = JSON.parse(found.bucket.mend).CORSRules;
  assert.deepEqual([rule.AllowedOrigins, rule.ExposeHeaders], [[site.origin], ['ETag']]);
});

test('a bucket whose rules do not expose ETag: what to add', async () => {
  proxy.fault = ({ method, url }) => (method === 'PUT' && url.startsWith(broker.ready.s3_endpoint) ? { hide: 'access-control-expose-headers' } : undefined);
  const found = await findings();
  assert.deepEqual(failed(found), { bad: ['etag'], unknown: [] });
  assert.match(found.etag.mend, /"ExposeHeaders": \["ETag"\]/);
});

test('a bucket that refuses the PUT: S3’s own word', async () => {
  proxy.fault = ({ method, url }) => (method === 'PUT' && url.startsWith(broker.ready.s3_endpoint) ? { status: 403 } : undefined);
  const found = await findings();
  assert.deepEqual(failed(found), { bad: ['bucket'], unknown: ['etag'] });
  assert.match(found.bucket.detail, /answered 403/);
});

test('an origin that the broker was not told of: the setting', async () => {
  const other = await EmbedSite.start();
  try {
    other.otherPolicy = '';
    const found = await findings(other, { modules: other.origin }); // the broker's own files it may not load either
    assert.deepEqual(failed(found), { bad: ['broker'], unknown: ['grant', 'session', 'clock', 'bucket', 'etag'] });
    assert.equal(found.broker.mend, `BROKER_CORS_ORIGINS=${other.origin}`);
  } finally {
    await other.close();
  }
});

test('a broker that is not there, and one that is no broker', async () => {
  const dead = await EmbedSite.start();
  const gone = dead.origin;
  await dead.close();
  site.otherPolicy = '';
  const nothing = await findings(site, { how: { broker: gone } });
  assert.match(nothing.broker.detail, /does not answer/);
  const wrong = await findings(site, { how: { broker: site.origin } });
  assert.match(wrong.broker.detail, /answers 404, but not as a broker does/);
});

test('a policy that lacks the broker, one that lacks the bucket, and one that lacks all but the script: the whole line', async () => {
  const line = (s3) => `Content-Security-Policy: script-src 'self' ${broker.url}; worker-src blob:; connect-src 'self' ${broker.url} ${s3}`;
  const without = { bad: ['broker', 'csp'], unknown: ['grant', 'session', 'clock', 'bucket', 'etag'], s3: 'https://<your bucket’s host>' };
  for (const { policy, bad, unknown, s3 } of [
    { policy: `connect-src 'self' ${broker.ready.s3_endpoint}; script-src ${broker.url}; worker-src blob:`, ...without },
    { policy: `connect-src 'self' ${broker.url}; script-src ${broker.url}; worker-src blob: ${broker.url}`, bad: ['bucket', 'csp'], unknown: ['etag'], s3: broker.ready.s3_endpoint },
    { policy: `default-src 'none'; script-src ${broker.url}`, bad: ['worker', 'broker', 'csp'], unknown: ['storage', 'grant', 'session', 'clock', 'bucket', 'etag'], s3: 'https://<your bucket’s host>' },
  ]) {
    site.otherPolicy = policy;
    const found = await findings();
    assert.deepEqual(failed(found), { bad, unknown }, JSON.stringify(found));
    assert.equal(found.csp.mend, line(s3));
    if (bad.includes('broker')) assert.match(found.broker.detail, /^this page’s policy forbids/);
  }
});

test('a page that lets no policy but its own make addresses: the name of ours', async () => {
  const { url, s3_endpoint: s3 } = broker.ready;
  site.otherPolicy = `script-src ${url}; worker-src blob:; connect-src 'self' ${url} ${s3}; require-trusted-types-for 'script'; trusted-types theirs`;
  const found = await findings();
  assert.deepEqual(failed(found), { bad: ['worker', 'csp'], unknown: ['storage'] });
  for (const { mend } of [found.worker, found.csp]) assert.match(mend, /; trusted-types slipway$/);
});

test('a page without a secure context: its address, and a finding for everything', async () => {
  site.otherPolicy = '';
  const launched = await launchChromium({ args: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'] });
  try {
    const where = Object.create(site, { origin: { value: insecure() } });
    const found = await findings(where, { launched });
    assert.deepEqual(failed(found), { bad: ['secure-context', 'storage'], unknown: ['permissions', 'session', 'clock', 'bucket', 'etag'] });
    assert.match(found['secure-context'].mend, /^https:\/\/insecure\.test/);
  } finally {
    await launched.close();
  }
});

test('a webhook is told of no check', async () => {
  const told = [];
  const receiver = http.createServer(async (request, response) => {
    told.push(JSON.parse(await text(request)));
    response.end();
  });
  await new Promise((resolve) => { receiver.listen(0, '127.0.0.1', resolve); });
  const env = { BROKER_WEBHOOK_URL: `http://127.0.0.1:${receiver.address().port}/`, BROKER_WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}` };
  const heard = await BrokerDev.start({ name: 'check-webhook', origins: [site.origin], env });
  try {
    assert.deepEqual(failed(await findings(site, { of: heard })), { bad: [], unknown: [] });
    const upload = await ApiUpload.open(heard, randomBytes(1000));
    await upload.send(1);
    await upload.complete(); // later than the check's abort
    await until('the webhook is told of the recording', () => told.some(({ type }) => type === 'recording.completed'));
    assert.deepEqual(told.map(({ type }) => type), ['recording.completed']);
  } finally {
    await heard.stop();
    receiver.close();
  }
});

test('a grant that is the broker’s whole answer: its beginning, and the way to the grant', async () => {
  const whole = async () => JSON.stringify({ grant: await mintGrant(broker) });
  const found = await findings(site, { how: { grant: await whole() } });
  assert.deepEqual(failed(found), { bad: ['grant'], unknown: ['session', 'clock', 'bucket', 'etag'] });
  assert.match(found.grant.detail, /“\{"grant":"…”/);
  assert.match(found.grant.mend, /answer\.grant/);
});

test('a grant that cannot be got, and one that has run out', async () => {
  const none = await findings(site, { prepare: () => { globalThis.fetch = ((real) => (url, init) => (url === '/grant' ? Promise.resolve(new Response('')) : real(url, init)))(fetch); } });
  assert.deepEqual(failed(none).bad, ['grant']);
  const old = await findings(site, { how: { grant: 'gr_old' } });
  assert.deepEqual(failed(old), { bad: ['session'], unknown: ['clock', 'bucket', 'etag'] });
  assert.match(old.session.detail, /unauthorized bad-token/);
  assert.match(old.session.mend, /POST \/v1\/grants/);
});

test('a browser that does not say how much room there is: that, and nothing is wrong', async () => {
  const found = await findings(site, { prepare: () => { delete StorageManager.prototype.estimate; } });
  assert.deepEqual(failed(found), { bad: [], unknown: [] });
  assert.match(found.storage.detail, /^OPFS, this browser does not say/);
});

test('this device’s clock is told, and nothing depends on it', async () => {
  const ahead = await findings(site, { prepare: () => { const now = Date.now; Date.now = () => now() + 6 * 60_000; } });
  assert.deepEqual(failed(ahead), { bad: [], unknown: [] });
  assert.match(ahead.clock.detail, /3[56]\d s ahead/);
});

test('a broker whose clock S3 finds wrong: the broker’s clock', async () => {
  const body = '<Error><Code>AccessDenied</Code><Message>Request is not valid yet</Message></Error>';
  proxy.fault = ({ method, url }) => (method === 'PUT' && url.startsWith(broker.ready.s3_endpoint) ? { status: 403, body } : undefined);
  const found = await findings();
  assert.deepEqual(failed(found), { bad: ['clock', 'bucket'], unknown: ['etag'] });
  assert.match(found.clock.mend, /the broker’s clock/);
});

test('a page that may not use the camera: the header', async () => {
  const page = await findings(site, { prepare: () => { document.featurePolicy.allowsFeature = (name) => name !== 'camera'; } });
  assert.match(page.permissions.mend, /^Permissions-Policy: camera=\(self\)/);
});
