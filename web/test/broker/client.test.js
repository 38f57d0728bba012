import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { BrokerClient } from '../../broker/client.js';
import { Connection } from '../../base/connection.js';
import { TIMING } from '../../base/timing.js';
import { Cloud, problem } from '../lib/cloud.js';

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

test('a broker that does not know auto is asked for sha256, under a key of its own', async () => {
  const refusal = problem(400, 'invalid', 'checksum is none or sha256', { reason: 'unknown-value', field: 'checksum' });
  cloud.fault = ({ body }) => (body.checksum === 'auto' ? refusal : undefined);
  const auto = { ...request, checksum: 'auto' };
  const opened = await client().open(auto, how);
  assert.deepEqual(cloud.requests.map(({ headers, body }) => [headers['idempotency-key'], body]), [['k1', auto], ['k1.sha256', request]]);
  assert.equal((await client().open(auto, how)).id, opened.id);
  for (const other of [{ reason: 'unknown-value', field: 'on_abandon' }, { reason: 'missing', field: 'checksum' }]) {
    cloud.fault = () => problem(400, 'invalid', 'no', other);
    await assert.rejects(client().open(auto, how), other);
  }
  assert.equal(cloud.count('open'), 6);
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

test('a problem is the broker’s under whatever JSON something on the way calls it', async () => {
  first({ ...problem(409, 'conflict', 'no', { reason: 'aborted' }), headers: { 'Content-Type': 'application/json; charset=utf-8' } });
  await assert.rejects(client().open(request, how), { code: 'conflict', reason: 'aborted' });
});

test('what only looks like a problem, under a type of its own, is not the broker’s', async () => {
  first({ ...problem(409, 'conflict', 'no', { type: 'about:blank' }) });
  await client().open(request, how);
  assert.equal(cloud.count('open'), 2);
});

test('something on the way that refuses again and again is waited out while it is recorded, and then for a while', async () => {
  const page = { status: 413, headers: { 'Content-Type': 'text/html' }, body: '<h1>no</h1>' };
  cloud.fault = () => page;
  await assert.rejects(client({ retryCapMs: 1 }, { isFinal: () => cloud.count('open') >= 20 }).open(request, how), { code: 'offline', reason: 'refused-on-the-way', status: 413 });
  assert.equal(cloud.count('open'), 31);
  await assert.rejects(client({ retryCapMs: 1 }, { isFinal: () => true }).open(request, how), { reason: 'refused-on-the-way' });
  assert.equal(cloud.count('open'), 43);
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

test('a limit is told at its first answer, with when it goes on, whatever failed before it', async () => {
  for (const { before, codes } of [
    { before: [], codes: ['limited'] },
    { before: ['reset'], codes: ['limited'] },
    { before: ['reset', 'reset'], codes: ['offline', 'limited'] },
  ]) {
    const told = [];
    first(...before, problem(429, 'limited', 'at most 2', { reason: 'open-sessions', limit: 2, retry_after_ms: 40 }));
    await client({}, { onTrouble: (error) => told.push(error) }).open(request, how);
    assert.deepEqual(told.map(({ code }) => code), codes);
    const { reason, limit, retryAfterMs } = told.at(-1);
    assert.deepEqual([reason, limit, retryAfterMs], ['open-sessions', 2, 40]);
  }
});

test('a limit on a look, a report or a claim is waited out for as long as the broker asks', async () => {
  const broker = client();
  const opened = await broker.open(request, how);
  for (const [op, ask] of Object.entries({
    look: () => broker.look(opened),
    parts: () => broker.parts(opened, {}),
    complete: () => broker.complete(opened, { parts: [], size: 0 }),
  })) {
    first(problem(429, 'limited', 'too soon', { reason: 'sign-rate', limit: 100, retry_after_ms: 60 }), problem(429, 'limited', 'too soon', { reason: 'owner-sign-rate', limit: 100, retry_after_ms: 60 }));
    await ask().catch((error) => assert.notEqual(error.code, 'limited', op));
    const at = cloud.requests.filter((sent) => sent.op === op).map((sent) => sent.at);
    assert.equal(at.length, 3, op);
    assert.ok(at[1] - at[0] >= 55 && at[2] - at[1] >= 55, `${op} came again after ${at[1] - at[0]} and ${at[2] - at[1]} ms`);
  }
});

test('what the page’s policy forbids is told at the first failure, though the event comes after it', async () => {
  const scope = new EventTarget();
  const told = [];
  const refused = (url) => Object.assign(new Event('securitypolicyviolation'), { disposition: 'enforce', effectiveDirective: 'connect-src', blockedURI: url });
  const fetch = async () => {
    setTimeout(() => scope.dispatchEvent(refused(`${cloud.url}/v1/sessions`)), 5);
    throw new TypeError('Failed to fetch');
  };
  const ending = new AbortController();
  const onTrouble = (error) => { told.push(error); ending.abort(); };
  await assert.rejects(client({}, { fetch, connection: new Connection(scope), onTrouble }).open(request, { ...how, signal: ending.signal }), { name: 'AbortError' });
  assert.deepEqual(told.map(({ code, reason }) => [code, reason]), [['offline', 'csp']]);
  assert.match(told[0].message, new RegExp(`connect-src lacks ${cloud.url}`));
});

test('a policy that refuses another address is not what kept the broker away', async () => {
  const scope = new EventTarget();
  let tries = 0;
  const fetch = async (...args) => {
    if (++tries > 2) return globalThis.fetch(...args);
    scope.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), { disposition: 'enforce', effectiveDirective: 'connect-src', blockedURI: 'https://other.example' }));
    scope.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), { disposition: 'report', effectiveDirective: 'connect-src', blockedURI: cloud.url }));
    throw new TypeError('Failed to fetch');
  };
  const told = [];
  await client({}, { fetch, connection: new Connection(scope), onTrouble: ({ reason }) => told.push(reason) }).open(request, how);
  assert.deepEqual(told, [undefined]);
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
