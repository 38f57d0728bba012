/**
 * The whole way from recorded blobs to a completed object, against a broker and an S3 on a real HTTP server, with the
 * faults of a bad day.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { partSizeFor } from '../../broker/open-session.js';
import { Cloud, problem, s3 } from '../lib/cloud.js';
import { JobRun, until } from '../lib/job-run.js';

/** @type {Cloud} */
let cloud;
/** @type {Run[]} */
let runs;
beforeEach(async () => { cloud = await new Cloud().start(); runs = []; });
afterEach(async () => {
  for (const run of runs) await run.cancel();
  assert.equal(cloud.twoPutsOfOneNumber, false, 'two PUTs of one number were in flight');
  await cloud.stop();
});

class Run extends JobRun {
  /** @param {ConstructorParameters<typeof JobRun>[1]} [how] */
  constructor(how) {
    super(cloud, how);
    runs.push(this);
  }
}

/** Answers the first PUTs of this part with these faults. */
function faultyPart(number, ...faults) {
  cloud.fault = (request) => (request.op === 'put' && request.number === number ? faults.shift() : undefined);
}

function signsOf(number) {
  return cloud.requests.filter(({ op, body }) => op === 'parts' && body.sign.some((part) => part.number === number)).length;
}

function lastClaim() {
  return cloud.requests.filter(({ op }) => op === 'complete').at(-1).body;
}

async function completes(run, bytes) {
  const end = await run.all(bytes);
  assert.equal(end.type, 'completed', JSON.stringify(end));
  assert.ok(cloud.object.equals(bytes), 'the object is not what was recorded');
  return end.result;
}

test('a recording ends in S3 byte for byte, in parts of exactly part_size', async () => {
  const bytes = randomBytes(4321);
  const result = await completes(new Run(), bytes);
  assert.deepEqual(result, { id: cloud.session.id, key: `r/${cloud.session.id}.webm`, size: 4321, etag: '"x-5"', outcome: 'completed', watchUrl: `${cloud.url}/watch/${cloud.session.id}`, contentType: 'video/mp4' });
  assert.deepEqual(lastClaim().parts.map(({ number, size }) => [number, size]), [[1, 1000], [2, 1000], [3, 1000], [4, 1000], [5, 321]]);
  assert.ok(lastClaim().parts.every(({ checksum, etag }) => checksum && etag));
});

test('a session is opened with the best checksum there is, and nothing the broker does not know', async () => {
  await completes(new Run({ job: { name: 'Käse', metadata: { team: 'a' }, maxBytes: 9999, onAbandon: 'abort' } }), randomBytes(10));
  assert.deepEqual(cloud.session.request, { content_type: 'video/mp4', checksum: 'auto', name: 'Käse', metadata: { team: 'a' }, max_bytes: 9999, on_abandon: 'abort' });
});

test('parts arrive in S3 while the recording goes on', async () => {
  const run = new Run();
  run.record(randomBytes(2500));
  await until(() => run.of('part').length === 2, 'two parts before the end');
  assert.equal(cloud.session.parts.size, 2);
  assert.equal(cloud.count('complete'), 0);
});

test('one that ends on a boundary has no empty last part', async () => {
  await completes(new Run(), randomBytes(3000));
  assert.equal(lastClaim().parts.length, 3);
});

test('empty and oversized blobs are normal', async () => {
  const bytes = randomBytes(7777);
  const run = new Run();
  run.add(new Blob([]));
  run.record(bytes.subarray(0, 5555), 5555);
  run.add(new Blob([]));
  run.record(bytes.subarray(5555), 2222);
  run.end();
  await run.said('completed');
  assert.ok(cloud.object.equals(bytes));
});

test('oversized blobs in a row keep their order', async () => {
  const run = new Run();
  const bytes = randomBytes(20_000);
  run.record(bytes.subarray(0, 1000), 1000);
  await run.said('part'); // blobs no longer wait in the inbox
  run.record(bytes.subarray(1000), 3333);
  run.end();
  await run.said('completed', 'failed');
  assert.ok(cloud.object.equals(bytes));
});

test('as many PUTs side by side as asked for, and never more', async () => {
  cloud.putMs = 20;
  await completes(new Run({ job: { parallel: 3 } }), randomBytes(12_000));
  assert.equal(cloud.mostPuts, 3);
});

test('one broker round trip per part or less reports and signs', async () => {
  cloud.putMs = 5;
  await completes(new Run(), randomBytes(20_000));
  assert.ok(cloud.count('parts') <= 20, `${cloud.count('parts')} calls for 20 parts`);
  const reported = cloud.requests.filter(({ op }) => op === 'parts').flatMap(({ body }) => body.uploaded.map(({ number }) => number));
  assert.equal(new Set(reported).size, reported.length, 'a part was reported twice');
  assert.ok(reported.length >= 12, 'finished parts ride along');
});

test('a 403 re-signs at once', async () => {
  faultyPart(2, s3(403, 'AccessDenied', 'Request has expired'));
  const run = new Run({ timing: { retryBaseMs: 60_000, retryCapMs: 60_000 } }); // a backoff would time the test out
  await completes(run, randomBytes(3500));
  assert.equal(signsOf(2), 2);
  assert.deepEqual(run.of('trouble'), []);
});

test('a reset connection re-signs at once', async () => {
  faultyPart(1, 'reset');
  await completes(new Run({ timing: { retryBaseMs: 60_000, retryCapMs: 60_000 } }), randomBytes(1500));
  assert.equal(signsOf(1), 2);
});

test('403 after 403 backs off, tells, and goes on', async () => {
  faultyPart(1, ...Array(6).fill(s3(403, 'AccessDenied', 'no')));
  const run = new Run();
  await completes(run, randomBytes(1500));
  assert.equal(signsOf(1), 7);
  assert.deepEqual(run.of('trouble').map(({ error }) => [error.code, error.status, error.reason]), [['s3', 403, 'AccessDenied']]);
});

test('500 ×5 is retried on the same URL', async () => {
  faultyPart(1, ...Array(5).fill({ status: 500 }));
  await completes(new Run(), randomBytes(1500));
  assert.equal(cloud.count('put', 1), 6);
  assert.equal(signsOf(1), 1);
});

test("S3's Retry-After is honoured", async () => {
  faultyPart(1, { status: 503, headers: { 'Retry-After': '1' } });
  await completes(new Run(), randomBytes(500));
  const [before, after] = cloud.requests.filter(({ op }) => op === 'put');
  assert.ok(after.at - before.at >= 990);
});

test('a PUT whose answer never comes is cut and sent again', async () => {
  faultyPart(2, 'hang', 'hang');
  await completes(new Run({ timing: { stallMs: 60 } }), randomBytes(3500));
  assert.equal(cloud.count('put', 2), 3);
});

test('no PUT starts on a URL that has expired: it is signed anew', async () => {
  cloud.urlLifeMs = 80;
  const put400 = { status: 503 };
  faultyPart(1, put400, put400, put400);
  const run = new Run({ timing: { retryBaseMs: 400, retryCapMs: 400 } });
  run.add(new Blob([randomBytes(500)]));
  run.end();
  await run.said('completed');
  assert.ok(signsOf(1) >= 2, 'it was not signed anew');
  assert.deepEqual(run.of('trouble').map(({ error }) => error.code).filter((code) => code === 'url-expired'), []);
});

test('URLs that are dead on arrival are told as url-expired, and waited out', async () => {
  cloud.urlLifeMs = 0;
  const run = new Run();
  run.record(randomBytes(1500));
  await run.said('trouble');
  assert.equal(cloud.count('put'), 0);
  assert.equal(run.of('trouble')[0].error.code, 'url-expired');
  cloud.urlLifeMs = 60_000;
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
});

test('a 4xx that does not pass ends it after four tries; a retry sends only what S3 lacks', async () => {
  cloud.fault = ({ op, number }) => (op === 'put' && number === 3 ? s3(400, 'InvalidRequest', 'no') : undefined);
  const run = new Run({ job: { parallel: 1 } });
  const bytes = randomBytes(4500);
  const failed = await run.all(bytes);
  assert.equal(failed.type, 'failed');
  assert.deepEqual([failed.error.code, failed.error.reason, failed.error.status], ['s3', 'InvalidRequest', 400]);
  assert.deepEqual(failed.error.detail, { recordedBytes: 4500, uploadedBytes: 2000, partsUploaded: 2, onDevice: true, lostBytes: 0 });
  assert.equal(cloud.count('put', 3), 4);
  cloud.fault = () => undefined;
  run.retry();
  await run.said('completed');
  assert.ok(cloud.object.equals(bytes));
  assert.deepEqual([1, 2, 3, 4, 5].map((n) => cloud.count('put', n)), [1, 1, 5, 1, 1]);
  assert.equal(cloud.count('complete'), 1, 'the claim was made before all was sent');
});

test('data that arrives after a failure is part of the retry', async () => {
  cloud.fault = ({ op }) => (op === 'put' ? s3(400, 'InvalidRequest', 'no') : undefined);
  const run = new Run();
  const bytes = randomBytes(3210);
  run.record(bytes.subarray(0, 1200));
  await run.said('failed');
  run.record(bytes.subarray(1200));
  run.end();
  cloud.fault = () => undefined;
  run.retry();
  await run.said('completed');
  assert.ok(cloud.object.equals(bytes));
});

test('409 on complete: just the parts it names are sent again', async () => {
  faultyPart(2, 'corrupt');
  await completes(new Run(), randomBytes(3500));
  assert.deepEqual([1, 2, 3, 4].map((n) => cloud.count('put', n)), [1, 2, 1, 1]);
  assert.equal(cloud.count('complete'), 2);
});

test('409 again and again ends after five rounds', async () => {
  cloud.fault = ({ op, number }) => (op === 'put' && number === 2 ? 'corrupt' : undefined);
  const failed = await new Run().all(randomBytes(3500));
  assert.equal(failed.error.code, 'conflict');
  assert.equal(failed.error.reason, 'parts-differ');
  assert.equal(cloud.count('complete'), 5);
  assert.equal(cloud.count('put', 2), 5);
});

test('409 without parts is final', async () => {
  cloud.fault = ({ op }) => (op === 'complete' ? problem(409, 'conflict', 'S3 refused', { reason: 's3-refused' }) : undefined);
  const failed = await new Run().all(randomBytes(500));
  assert.deepEqual([failed.error.code, failed.error.reason], ['conflict', 's3-refused']);
  assert.equal(cloud.count('complete'), 1);
});

test('a complete whose answer is lost is asked for again', async () => {
  const faults = ['lose'];
  cloud.fault = ({ op }) => (op === 'complete' ? faults.shift() : undefined);
  await completes(new Run(), randomBytes(1500));
  assert.equal(cloud.count('complete'), 2);
});

test('a lost answer to open opens no second session', async () => {
  const faults = ['lose', 'lose'];
  cloud.fault = ({ op }) => (op === 'open' ? faults.shift() : undefined);
  await completes(new Run(), randomBytes(1500));
  assert.equal(cloud.sessions.size, 1);
  assert.equal(cloud.count('open'), 3);
});

test('nor does one whose grant ran out meanwhile', async () => {
  const faults = ['lose', problem(401, 'unauthorized', 'expired')];
  cloud.fault = ({ op }) => (op === 'open' ? faults.shift() : undefined);
  await completes(new Run(), randomBytes(1500));
  assert.equal(cloud.sessions.size, 1);
});

test('what is recorded while the broker is away waits for it', async () => {
  const away = Array(4).fill(problem(503, 'unavailable', 'away'));
  cloud.fault = ({ op }) => (op === 'open' ? away.shift() : undefined);
  await completes(new Run(), randomBytes(6543));
});

test('sign calls survive 503 and a lost answer', async () => {
  const faults = [problem(503, 'unavailable', 'away'), 'lose', 'reset'];
  cloud.fault = ({ op }) => (op === 'parts' ? faults.shift() : undefined);
  await completes(new Run(), randomBytes(3500));
});

test('a grant that has run out is asked for once more', async () => {
  const refusals = [problem(401, 'unauthorized', 'expired')];
  cloud.fault = ({ op }) => (op === 'open' ? refusals.shift() : undefined);
  let grants = 0;
  await completes(new Run({ getGrant: async () => `gr_${++grants}` }), randomBytes(10));
  assert.deepEqual(cloud.requests.filter(({ op }) => op === 'open').map(({ headers }) => headers.authorization), ['Bearer gr_1', 'Bearer gr_2']);
});

test('an open that is refused for good fails with the reason, and a retry still has everything', async () => {
  cloud.fault = ({ op }) => (op === 'open' ? problem(403, 'forbidden', 'not this type', { reason: 'content-type', field: '/content_type' }) : undefined);
  const bytes = randomBytes(2500);
  const run = new Run();
  const failed = await run.all(bytes);
  assert.deepEqual([failed.error.code, failed.error.reason, failed.error.field], ['forbidden', 'content-type', '/content_type']);
  assert.deepEqual(failed.error.detail, { recordedBytes: 2500, uploadedBytes: 0, partsUploaded: 0, onDevice: true, lostBytes: 0 });
  cloud.fault = () => undefined;
  run.retry();
  await run.said('completed');
  assert.ok(cloud.object.equals(bytes));
});

for (const [algorithm, header] of Object.entries({ sha256: 'x-amz-checksum-sha256', crc32c: 'x-amz-checksum-crc32c', md5: 'content-md5' })) {
  test(`with ${algorithm} each PUT bears its checksum, and an ETag that CORS hides is no obstacle`, async () => {
    cloud.checksum = algorithm;
    cloud.exposeEtag = false;
    const run = new Run();
    await completes(run, randomBytes(2500));
    const { parts } = lastClaim();
    assert.deepEqual(parts.map((part) => Object.keys(part).sort()), Array(3).fill(['checksum', 'number', 'size']));
    const puts = cloud.requests.filter(({ op }) => op === 'put');
    assert.deepEqual(puts.map(({ number, headers }) => [number, headers[header]]).sort(), parts.map(({ number, checksum }) => [number, checksum]));
    assert.deepEqual(run.of('trouble'), []);
  });
}

test('a checksum of which this recorder knows nothing is told, and the recording is kept', async () => {
  cloud.checksum = 'sha512';
  const run = new Run();
  const { error } = await run.all(randomBytes(2500));
  assert.deepEqual([error.code, error.field, error.detail.onDevice], ['not-supported', 'checksum', true]);
  assert.equal(cloud.count('put'), 0);
});

test('a session without checksums sends none, and tells when the ETag is hidden too', async () => {
  cloud.checksum = 'none';
  cloud.exposeEtag = false;
  const run = new Run();
  await completes(run, randomBytes(2500));
  assert.deepEqual(Object.keys(lastClaim().parts[0]).sort(), ['number', 'size']);
  assert.deepEqual(run.of('trouble').map(({ error }) => error.code), ['etag-hidden']);
});

test('nothing recorded: the session is aborted, the code is empty', async () => {
  const run = new Run();
  await run.said('opened');
  run.end();
  assert.equal((await run.said('failed')).error.code, 'empty');
  assert.equal(cloud.session.state, 'aborted');
});

test('nothing recorded, and the end comes before the session is open', async () => {
  const run = new Run();
  run.end();
  assert.equal((await run.said('failed')).error.code, 'empty');
  assert.equal(cloud.session.state, 'aborted');
});

test('cancel aborts the upload, and no PUT comes after', async () => {
  cloud.putMs = 30;
  const run = new Run();
  run.record(randomBytes(9000));
  await until(() => cloud.session?.parts.size > 0, 'a part');
  await run.cancel();
  assert.deepEqual(run.messages.at(-1), { type: 'cancelled' });
  assert.equal(cloud.session.state, 'aborted');
  const puts = cloud.count('put');
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.ok(cloud.count('put') - puts <= 4, 'only what was under way'); // the server reads a PUT to its end
  assert.deepEqual(run.of('failed'), []);
});

test('cancel while the session is being opened aborts what was opened', async () => {
  const run = new Run();
  await run.cancel();
  assert.equal(cloud.session.state, 'aborted');
  assert.deepEqual(run.of('opened'), []);
});

test('cancel when the broker is away ends, and says that S3 may hold parts', async () => {
  const run = new Run();
  await run.said('opened');
  cloud.fault = () => ({ status: 503 });
  await run.cancel();
  assert.equal(run.messages.at(-1).type, 'cancelled');
  assert.equal(run.messages.at(-1).error.code, 'unavailable');
});

test('a cancel of a session that the broker no longer knows has succeeded', async () => {
  const run = new Run();
  await run.said('opened');
  cloud.fault = ({ op }) => (op === 'abort' ? problem(404, 'not-found', 'no such session', { reason: 'unknown-session' }) : undefined);
  await run.cancel();
  assert.deepEqual(run.messages.at(-1), { type: 'cancelled' });
});

test('a cancel whose token has expired aborts with a grant', async () => {
  const run = new Run();
  await run.said('opened');
  cloud.expireToken(cloud.session);
  await run.cancel();
  assert.deepEqual([run.messages.at(-1), cloud.session.state], [{ type: 'cancelled' }, 'aborted']);
});

test('a cancel whose token has expired, and which gets no grant, ends and says so', async () => {
  let grants = 0;
  const run = new Run({ timing: { cancelMs: 50 }, getGrant: () => (++grants === 1 ? Promise.resolve('gr_1') : new Promise(() => {})) });
  await run.said('opened');
  cloud.expireToken(cloud.session);
  await run.cancel();
  assert.deepEqual([run.messages.at(-1).type, run.messages.at(-1).error?.code], ['cancelled', 'unavailable']);
});

/** A job that has completed without knowing: the answer is lost, and those to its further tries. */
async function completedUnheard(more) {
  const run = new Run({ timing: { cancelMs: 200 }, ...more });
  cloud.fault = ({ op }) => (op === 'complete' ? 'lose' : undefined);
  run.record(randomBytes(1500));
  run.end();
  await until(() => cloud.session?.state === 'completed', 'the completed object');
  return run;
}

test('a cancel whose recording is completed already deletes it', async () => {
  const run = await completedUnheard();
  await run.cancel();
  assert.deepEqual(run.messages.at(-1), { type: 'cancelled' });
  assert.deepEqual([cloud.session.state, cloud.count('abort'), cloud.count('delete')], ['deleted', 1, 1]);
});

test('a cancel that cannot delete what is completed tells the result', async () => {
  const run = await completedUnheard();
  cloud.fault = ({ op }) => (op === 'delete' ? problem(403, 'forbidden', 'another owner') : undefined);
  await run.cancel();
  const { type, result } = run.messages.at(-1);
  assert.deepEqual([type, result?.id, result?.size], ['completed', cloud.session.id, 1500]);
  assert.deepEqual([run.of('cancelled'), cloud.session.state], [[], 'completed']);
});

test('a cancel that gets no grant to delete with ends all the same', async () => {
  let grants = 0;
  const run = await completedUnheard({ getGrant: () => (++grants === 1 ? Promise.resolve('gr_1') : new Promise(() => {})) });
  await run.cancel();
  const { type, error } = run.messages.at(-1);
  assert.deepEqual([type, error?.code, error?.reason], ['cancelled', 'invalid-state', 'completed']);
});

test('near max_bytes it says so while everything still fits', async () => {
  cloud.maxBytes = 6000;
  const run = new Run();
  const bytes = randomBytes(5200);
  run.record(bytes.subarray(0, 4900), 300);
  const { error } = await run.said('full');
  assert.deepEqual([error.code, error.limit], ['max-bytes', 6000]);
  run.record(bytes.subarray(4900), 300); // what MediaRecorder still held
  run.end();
  await run.said('completed');
  assert.ok(cloud.object.equals(bytes));
  assert.equal(run.of('full').length, 1);
});

test('the last part number is a limit of its own', async () => {
  cloud.maxParts = 3;
  const run = new Run();
  run.record(randomBytes(2500));
  assert.equal((await run.said('full')).error.code, 'too-many-parts');
});

test('what the page asked for is the limit while the broker is away', async () => {
  cloud.fault = ({ op }) => (op === 'open' ? problem(503, 'unavailable', 'away') : undefined);
  const run = new Run({ job: { maxBytes: 6000 } });
  const bytes = randomBytes(5800);
  run.record(bytes.subarray(0, 4900), 300);
  const { error } = await run.said('full');
  assert.deepEqual([error.code, error.limit], ['max-bytes', 6000]);
  run.record(bytes.subarray(4900), 300); // what MediaRecorder still held
  run.end();
  cloud.fault = () => undefined;
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
});

test('a recording that is larger than its session takes is not called completed, and nothing of it is let go of', async () => {
  cloud.fault = ({ op }) => (op === 'open' ? problem(503, 'unavailable', 'away') : undefined);
  const run = new Run({ job: { name: 'long' } });
  const bytes = randomBytes(3300);
  run.record(bytes);
  run.end();
  await until(async () => (await run.started).recorded.ended, 'all is taken in');
  cloud.maxBytes = 2000; // as the grant has it, of which nobody knew
  cloud.fault = () => undefined;
  const { type, error } = await run.said('completed', 'failed');
  assert.deepEqual([type, error.code, error.reason, error.limit], ['failed', 'max-bytes', 'recorded-more', 2000]);
  assert.deepEqual([error.detail.recordedBytes, error.detail.onDevice, error.detail.lostBytes], [3300, true, 0]);
  assert.equal(cloud.count('complete'), 0);
  cloud.maxBytes = 1e12; // by another grant
  run.retry();
  await run.said('completed');
  assert.ok(cloud.newestObject.equals(bytes));
});

test('a slice that overshoots what the page asked for fails, and a retry takes it as it is', async () => {
  const run = new Run({ job: { maxBytes: 2000 } });
  const bytes = randomBytes(2900);
  run.record(bytes.subarray(0, 500), 100);
  await run.said('opened');
  run.record(bytes.subarray(500), 2400); // a laptop that slept
  assert.equal((await run.said('full')).error.code, 'max-bytes');
  run.end();
  assert.equal((await run.said('completed', 'failed')).error?.reason, 'recorded-more');
  run.retry();
  await run.said('completed');
  assert.ok(cloud.newestObject.equals(bytes));
});

test('a quiet session sends heartbeats, and a busy one does not', async () => {
  const run = new Run({ timing: { heartbeatMs: 60 } });
  await run.said('opened');
  await until(() => cloud.count('parts') >= 2, 'two heartbeats');
  assert.deepEqual(cloud.requests.at(-1).body, { uploaded: [], sign: [] });
});

test('a session that is gone is noticed by the heartbeat, and another is opened', async () => {
  const run = new Run({ timing: { heartbeatMs: 30 } });
  await run.said('opened');
  cloud.sessions.clear();
  await until(() => run.of('opened').length === 2, 'another session');
});

test('progress counts what is recorded and what S3 has', async () => {
  const run = new Run({ timing: { progressMs: 60_000 } }); // the last one comes in any case
  await completes(run, randomBytes(4321));
  assert.deepEqual(run.of('progress').at(-1).progress, { recordedBytes: 4321, uploadedBytes: 4321, sendingBytes: 0, partsUploaded: 5, partsInFlight: 0 });
  assert.deepEqual(run.of('part').map(({ number, bytes }) => [number, bytes]).sort(), [[1, 1000], [2, 1000], [3, 1000], [4, 1000], [5, 321]]);
});

/** A file that knows how much of it is being read, and how often it was. */
class CountingFile extends Blob {
  slices = 0;
  slice(...range) {
    this.slices++;
    return super.slice(...range);
  }
}

test('a file arrives byte for byte, and its size is announced', async () => {
  const bytes = randomBytes(4321);
  const run = new Run({ file: new Blob([bytes], { type: 'video/mp4' }), job: { contentType: 'video/mp4' } });
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
  assert.deepEqual(cloud.session.request, { content_type: 'video/mp4', checksum: 'auto', size: 4321 });
});

test('a file is read part by part, no further than there are PUTs side by side', async () => {
  const file = new CountingFile([randomBytes(20_000)]);
  cloud.fault = ({ op }) => (op === 'put' ? 'hang' : undefined);
  new Run({ file, job: { parallel: 3 } });
  await until(() => cloud.count('put') === 3, 'three PUTs');
  assert.equal(file.slices, 3);
});

test('a file that is larger than the session takes is refused before a byte is sent', async () => {
  cloud.maxBytes = 4000;
  const run = new Run({ file: new Blob([randomBytes(4001)]) });
  assert.equal((await run.said('failed', 'completed')).error.code, 'max-bytes');
  assert.equal(cloud.count('put'), 0);
});

/** A file that changes on the disk once it was read: its Blob can no longer be read, as browsers do it. */
class ChangingFile extends Blob {
  reads = 0;
  slice(...range) {
    const bytes = super.slice(...range);
    const read = bytes.arrayBuffer.bind(bytes);
    bytes.arrayBuffer = async () => {
      if (this.reads++ > 0) throw new DOMException('it was changed', 'NotReadableError');
      return read();
    };
    const slice = bytes.slice.bind(bytes);
    bytes.slice = (...inner) => Object.assign(slice(...inner), { arrayBuffer: bytes.arrayBuffer });
    return bytes;
  }
}

test('a file that changes between its hash and its PUT is unreadable, not offline', async () => {
  cloud.fault = ({ op }) => (op === 'put' ? 'reset' : undefined); // what a browser makes of a body that it cannot read
  const run = new Run({ file: new ChangingFile([randomBytes(500)]) });
  const end = await run.said('failed', 'trouble');
  assert.deepEqual([end.type, end.error.code, cloud.count('put')], ['failed', 'unreadable', 1]);
});

test('a part that the broker names twice is sent again once', async () => {
  let rounds = 0;
  cloud.fault = ({ op, body }) => (op === 'complete' && ++rounds === 1
    ? problem(409, 'conflict', 'differ', { reason: 'parts-differ', parts: [{ number: 2 }, { number: 2, want: body.parts[1] }] }) : undefined);
  const run = new Run();
  await completes(run, randomBytes(2500));
  assert.equal(cloud.count('put', 2), 2);
  assert.equal(run.of('progress').at(-1).progress.uploadedBytes, 2500);
});

for (const [size, want] of [[1, undefined], [5 * 2 ** 20 * 10_000, undefined], [5 * 2 ** 20 * 10_000 + 1, 6 * 2 ** 20], [10 ** 12, 96 * 2 ** 20]]) {
  test(`a file of ${size} bytes asks for ${want ?? 'the default'} part size`, () => {
    assert.equal(partSizeFor(size), want);
    assert.ok(size / (want ?? 5 * 2 ** 20) <= 10_000);
  });
}

for (const { name, ended, claimed } of [
  { name: 'how long it was recorded is claimed in whole ms', ended: 12_345.6, claimed: 12_346 },
  { name: 'as long as a claim may say', ended: 31_536_000_000, claimed: 31_536_000_000 },
  { name: 'longer than the broker takes is not claimed, or it would refuse the recording', ended: 31_536_000_001, claimed: undefined },
  { name: 'what is no number is not claimed', ended: NaN, claimed: undefined },
  { name: 'what nobody measured is not claimed', ended: 0, claimed: undefined },
]) {
  test(name, async () => {
    const run = new Run();
    run.record(randomBytes(1500));
    run.end(ended);
    assert.equal((await run.said('completed', 'failed')).type, 'completed');
    assert.equal(lastClaim().duration_ms, claimed);
  });
}
