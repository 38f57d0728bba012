import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { BrokerClient } from '../broker-client.js';
import { TIMING } from '../timing.js';
import { Cloud, problem } from './cloud.js';

/** @type {Cloud} */
let cloud;
beforeEach(async () => { cloud = await new Cloud().start(); });
afterEach(() => cloud.stop());

const request = { content_type: 'video/webm', checksum: 'sha256' };
const how = { grant: 'gr_1', idempotencyKey: 'k1' };
const client = (timing = {}, more = {}) => new BrokerClient({ broker: cloud.url, timing: { ...TIMING, retryBaseMs: 1, ...timing }, ...more });
/** Answers the first faults.length requests with them. */
const first = (...faults) => { cloud.fault = () => faults.shift(); };

test('open sends the grant, the idempotency key and the request', async () => {
  const opened = await client().open(request, how);
  assert.equal(opened.part_size, 1000);
  const { headers, body } = cloud.requests[0];
  assert.equal(headers.authorization, 'Bearer gr_1');
  assert.equal(headers['idempotency-key'], 'k1');
  assert.deepEqual(body, request);
});

test('a path in the broker URL is kept', async () => {
  const broker = new BrokerClient({ broker: `${cloud.url}/slipway` });
  cloud.fault = () => problem(400, 'invalid', 'no');
  await assert.rejects(broker.open(request, how), /POST v1\/sessions: no/);
  assert.equal(cloud.requests[0].op, undefined); // not at /v1/sessions of the root
});

test("a problem becomes an error with the broker's words", async () => {
  first(problem(413, 'too-large', 'at most 5 bytes', { reason: 'max-bytes', field: '/size', limit: 5 }));
  await assert.rejects(client().open(request, how), {
    name: 'RecorderError', code: 'too-large', reason: 'max-bytes', field: '/size', limit: 5, status: 413, requestId: 'r1', message: 'POST v1/sessions: at most 5 bytes',
  });
  assert.equal(cloud.count('open'), 1);
});

for (const status of [400, 401, 403, 404, 405, 409, 410, 413]) {
  test(`a proxy's own ${status} is no answer of the broker, and is waited out`, async () => {
    const page = { status, headers: { 'Content-Type': 'text/html' }, body: '<h1>no</h1>' };
    const foreign = { status, headers: { 'Content-Type': 'application/json' }, body: { code: status } };
    first(page, foreign);
    const told = [];
    await client({}, { onTrouble: (error) => told.push([error.code, error.status]) }).open(request, how);
    assert.equal(cloud.count('open'), 3);
    assert.deepEqual(told, [['offline', status]]);
  });
}

test('503, 500, 429, a reset and a lost answer are waited out', async () => {
  first(problem(503, 'unavailable', 'away'), { status: 500 }, { status: 429 }, 'reset', 'lose');
  await client().open(request, how);
  assert.equal(cloud.count('open'), 6);
  assert.equal(cloud.sessions.size, 1); // the lost answer opened no second session
});

test('an answer that never comes is given up and asked for again', async () => {
  first('hang');
  await client({ callTimeoutMs: 300 }).open(request, how);
  assert.equal(cloud.count('open'), 2);
});

test("a login page's 200 is no answer", async () => {
  first({ status: 200, headers: { 'Content-Type': 'text/html' }, body: '<h1>hotel</h1>' });
  assert.equal((await client().open(request, how)).part_size, 1000);
});

test('retry_after_ms is honoured', async () => {
  first(problem(503, 'unavailable', 'away', { retry_after_ms: 150 }));
  await client().open(request, how);
  assert.ok(cloud.requests[1].at - cloud.requests[0].at >= 145);
});

test('Retry-After is honoured where the body says nothing', async () => {
  first({ status: 429, headers: { 'Retry-After': '1' } });
  await client().open(request, how);
  assert.ok(cloud.requests[1].at - cloud.requests[0].at >= 990);
});

test('trouble is told after the second failure, once', async () => {
  const told = [];
  first({ status: 503 }, { status: 503 }, { status: 503 });
  await client({}, { onTrouble: (error) => told.push([error.code, cloud.count('open')]) }).open(request, how);
  assert.deepEqual(told, [['unavailable', 2]]);
});

test('an abort ends the retries', async () => {
  const controller = new AbortController();
  cloud.fault = () => { setTimeout(() => controller.abort(new Error('enough')), 100); return { status: 503 }; };
  await assert.rejects(client({ retryBaseMs: 60_000, retryCapMs: 60_000 }, { random: () => 1 }).open(request, { ...how, signal: controller.signal }), { message: 'enough' });
});

test('an abort of a session gives up in the end', async () => {
  const session = await client().open(request, how);
  cloud.fault = () => ({ status: 503 });
  await assert.rejects(client().abort(session), { code: 'unavailable' });
  assert.equal(cloud.count('abort'), 5);
});

test('202 on abort is asked again', async () => {
  const session = await client().open(request, how);
  first({ status: 202, body: { id: session.id, state: 'aborting', retry_after_ms: 1 } });
  await client().abort(session);
  assert.equal(cloud.session.state, 'aborted');
});

test('202 on complete sends the same claim again after retry_after_ms', async () => {
  const session = await client().open(request, how);
  const pending = { status: 202, body: { id: session.id, state: 'completing', retry_after_ms: 100 } };
  first(pending, pending);
  cloud.session.parts.set(1, { bytes: Buffer.from('x'), etag: '"e"' });
  const claim = { parts: [{ number: 1, size: 1, etag: '"e"' }], size: 1 };
  assert.equal((await client().complete(session, claim)).outcome, 'completed');
  const sent = cloud.requests.filter(({ op }) => op === 'complete');
  assert.equal(sent.length, 3);
  for (const { body } of sent) assert.deepEqual(body, claim);
  assert.ok(sent[2].at - sent[1].at >= 95);
});
