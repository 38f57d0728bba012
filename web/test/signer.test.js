import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { BrokerClient } from '../broker-client.js';
import { Signer } from '../signer.js';
import { TIMING } from '../timing.js';
import { Cloud, problem } from './cloud.js';

/** @type {Cloud} */
let cloud;
/** @type {Signer} */
let signer;
const { signal } = new AbortController();
const part = (number) => ({ number, size: 10, checksum: `sum${number}`, uploaded: false });

beforeEach(async () => {
  cloud = await new Cloud().start();
  const broker = new BrokerClient({ broker: cloud.url, timing: { ...TIMING, retryBaseMs: 1 } });
  const session = await broker.open({ content_type: 'video/webm', checksum: 'sha256' }, { grant: 'g', idempotencyKey: 'k' });
  signer = new Signer({ broker, session, now: () => performance.now(), urlMarginMs: 15_000 });
});
afterEach(() => cloud.stop());

const calls = () => cloud.requests.filter(({ op }) => op === 'parts').map(({ body }) => [body.uploaded.map((p) => p.number), body.sign.map((p) => p.number)]);

test('parts that are ready at once share a call', async () => {
  const urls = await Promise.all([1, 2, 3].map((n) => signer.sign(part(n), signal)));
  assert.equal(new Set(urls.map(({ url }) => url)).size, 3);
  assert.deepEqual(calls(), [[[], [1, 2, 3]]]);
});

test('who comes while a call is under way goes with the next, together with the reports', async () => {
  const first = signer.sign(part(1), signal);
  await new Promise((resolve) => setTimeout(resolve)); // the call has left
  signer.report(part(7));
  await Promise.all([first, signer.sign(part(2), signal), signer.sign(part(3), signal)]);
  assert.deepEqual(calls(), [[[], [1]], [[7], [2, 3]]]);
});

test('a refusal reaches everybody who asked, and the reports are made again', async () => {
  const refusals = [problem(409, 'conflict', 'completing')];
  cloud.fault = () => refusals.shift();
  signer.report(part(7));
  const answers = await Promise.allSettled([signer.sign(part(1), signal), signer.sign(part(2), signal)]);
  assert.deepEqual(answers.map(({ reason }) => reason.code), ['conflict', 'conflict']);
  await signer.beat(signal);
  assert.deepEqual(calls(), [[[7], [1, 2]], [[7], []]]);
});

test('a part the broker forgot is an error, not a hang', async () => {
  cloud.fault = () => ({ status: 200, body: { urls: [] } });
  await assert.rejects(signer.sign(part(4), signal), /no URL for part 4/);
});
