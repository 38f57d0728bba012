import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { BrokerClient } from '../../broker/client.js';
import { SessionClient } from '../../broker/session-client.js';
import { UrlSource } from '../../s3/url-source.js';
import { TIMING } from '../../base/timing.js';
import { Cloud, problem } from '../lib/cloud.js';

/** @type {Cloud} */
let cloud;
/** @type {UrlSource} */
let urls;
const { signal } = new AbortController();
const ready = (number) => async () => part(number);
const part = (number) => ({ number, size: 10, checksum: `sum${number}`, uploaded: false });

beforeEach(async () => {
  cloud = await new Cloud().start();
  const broker = new BrokerClient({ broker: cloud.url, timing: { ...TIMING, retryBaseMs: 1 } });
  const opened = await broker.open({ content_type: 'video/webm', checksum: 'sha256' }, { grant: 'g', idempotencyKey: 'k' });
  const session = new SessionClient({ broker, opened, getGrant: async () => 'g' });
  urls = new UrlSource(session, { now: () => performance.now(), timing: TIMING });
});
afterEach(() => cloud.stop());

const calls = () => cloud.requests.filter(({ op }) => op === 'parts').map(({ body }) => [body.uploaded.map((p) => p.number), body.sign.map((p) => p.number)]);

test('parts that are ready at once share a call', async () => {
  const signed = await Promise.all([1, 2, 3].map((n) => urls.sign(ready(n), signal)));
  assert.equal(new Set(signed.map(({ url }) => url)).size, 3);
  assert.deepEqual(calls(), [[[], [1, 2, 3]]]);
});

test('who comes while a call is under way goes with the next, together with the reports', async () => {
  const first = urls.sign(ready(1), signal);
  await new Promise((resolve) => setTimeout(resolve)); // the call has left
  urls.report(part(7));
  await Promise.all([first, urls.sign(ready(2), signal), urls.sign(ready(3), signal)]);
  assert.deepEqual(calls(), [[[], [1]], [[7], [2, 3]]]);
});

test('a call waits for all parts that began together', async () => {
  let hashed = () => {};
  const slow = urls.sign(() => new Promise((resolve) => { hashed = () => resolve(part(1)); }), signal);
  const quick = urls.sign(ready(2), signal);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(calls().length, 0);
  hashed();
  await Promise.all([slow, quick]);
  assert.deepEqual(calls(), [[[], [2, 1]]]);
});

test('a part that begins later holds up nobody', async () => {
  const first = urls.sign(async () => {
    await new Promise((resolve) => setTimeout(resolve));
    return part(1);
  }, signal);
  await null;
  let hashed = () => {};
  const slow = urls.sign(() => new Promise((resolve) => { hashed = () => resolve(part(2)); }), signal);
  await first;
  hashed();
  await slow;
  assert.deepEqual(calls(), [[[], [1]], [[], [2]]]);
});

test('a part that cannot be read, or needs no URL, holds up nobody', async () => {
  const [broken, needless, good] = await Promise.allSettled([
    urls.sign(async () => { throw new Error('unreadable'); }, signal), urls.sign(async () => null, signal), urls.sign(ready(2), signal),
  ]);
  assert.deepEqual([broken.status, needless.value, good.value?.constructor.name], ['rejected', null, 'SignedUrl']);
  assert.deepEqual(calls(), [[[], [2]]]);
});

test('a number that arrived twice between two calls is reported as it is now', async () => {
  urls.report({ ...part(7), size: 5 });
  urls.report(part(7));
  await urls.beat(signal);
  assert.deepEqual(cloud.requests.at(-1).body.uploaded.map(({ number, size }) => [number, size]), [[7, 10]]);
});

test('a refusal reaches everybody who asked, and the reports are made again', async () => {
  const refusals = [problem(409, 'conflict', 'completing')];
  cloud.fault = () => refusals.shift();
  urls.report(part(7));
  const answers = await Promise.allSettled([urls.sign(ready(1), signal), urls.sign(ready(2), signal)]);
  assert.deepEqual(answers.map(({ reason }) => reason.code), ['conflict', 'conflict']);
  await urls.beat(signal);
  assert.deepEqual(calls(), [[[7], [1, 2]], [[7], []]]);
});

test('a part the broker forgot is an error, not a hang', async () => {
  cloud.fault = () => ({ status: 200, body: { urls: [] } });
  await assert.rejects(urls.sign(ready(4), signal), /no URL for part 4/);
});
