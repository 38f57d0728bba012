/**
 * Recordings that were interrupted, whose session ended without them, whose disk ran full: all of it ends in S3, or what
 * does not is said.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { Connection } from '../../base/connection.js';
import { ManifestFile } from '../../disk/manifest.js';
import { MemoryFolder } from '../../disk/memory-folder.js';
import { SeekableWebm } from '../../webm/seekable.js';
import { Cloud, objectOf, problem, s3 } from '../lib/cloud.js';
import { DurableFolder } from '../lib/durable-folder.js';
import { JobRun, until } from '../lib/job-run.js';
import { walk } from '../webm/walk.js';

const MIB = 1024 * 1024;

/** @type {Cloud} */
let cloud;
/** @type {JobRun[]} */
let runs;
beforeEach(async () => { cloud = await new Cloud().start(); runs = []; });
afterEach(async () => {
  for (const run of runs) await run.cancel();
  assert.equal(cloud.twoPutsOfOneNumber, false, 'two PUTs of one number were in flight');
  await cloud.stop();
});

/** @param {ConstructorParameters<typeof JobRun>[1]} [how] */
function newRun(how) {
  const run = new JobRun(cloud, how);
  runs.push(run);
  return run;
}

/** Records until these parts are in S3, and is killed. @returns {Promise<DurableFolder>} */
async function interrupted(bytes, parts, how) {
  const run = new JobRun(cloud, how);
  run.record(bytes);
  await until(() => cloud.session?.parts.size >= parts, `${parts} parts`);
  await until(async () => {
    const { recorded } = await run.started;
    return recorded.size >= bytes.length && recorded.pendingBytes === 0; // at the very beginning nothing is pending either
  }, 'all is taken in');
  return run.kill();
}

const last = () => [...cloud.sessions.values()].at(-1);

test('a recording that was interrupted goes on in its session, and sends only what S3 lacks', async () => {
  const bytes = randomBytes(3456);
  const folder = await interrupted(bytes, 3);
  const puts = cloud.count('put');
  const run = newRun({ folder, recover: true });
  const { type, result } = await run.said('completed', 'failed');
  assert.equal(type, 'completed');
  assert.ok(objectOf(cloud.session).equals(bytes));
  assert.deepEqual([cloud.sessions.size, cloud.count('open'), cloud.count('put') - puts], [1, 1, 1], 'only the tail went up');
  assert.equal(result.watchUrl, run.of('opened')[0].session.watchUrl);
  assert.deepEqual(await folder.list(), [], 'nothing is left on the device');
});

test('a part that arrived though nobody heard of it is not sent again', async () => {
  cloud.fault = ({ op, number }) => (op === 'put' && number === 2 ? 'lose' : undefined);
  const folder = await interrupted(randomBytes(2100), 2, { timing: { retryBaseMs: 60_000, retryCapMs: 60_000 } });
  cloud.fault = () => undefined;
  const before = cloud.count('put', 2);
  assert.equal((await newRun({ folder, recover: true }).said('completed', 'failed')).type, 'completed');
  assert.equal(cloud.count('put', 2), before);
});

test('one that was interrupted before its session was open', async () => {
  cloud.fault = ({ op }) => (op === 'open' ? { status: 503 } : undefined);
  const bytes = randomBytes(2500);
  const run = new JobRun(cloud);
  run.record(bytes);
  await until(async () => (await run.started).recorded.size === 2500, 'all is on the disk');
  const folder = await run.kill();
  cloud.fault = () => undefined;
  assert.equal((await newRun({ folder, recover: true }).said('completed', 'failed')).type, 'completed');
  assert.ok(objectOf(last()).equals(bytes));
});

test('interrupted after the answer to open, and before it was noted: the same session', async () => {
  const folder = new DurableFolder();
  cloud.fault = ({ op }) => (op === 'open' ? 'lose' : undefined);
  const run = new JobRun(cloud, { folder, timing: { retryBaseMs: 60_000, retryCapMs: 60_000 } });
  run.record(randomBytes(500));
  await until(() => cloud.sessions.size === 1, 'the session');
  const left = await run.kill();
  cloud.fault = () => undefined;
  assert.equal((await newRun({ folder: left, recover: true }).said('completed', 'failed')).type, 'completed');
  assert.equal(cloud.sessions.size, 1);
});

test('interrupted after it was completed: the result all the same, and no PUT', async () => {
  cloud.fault = ({ op }) => (op === 'complete' ? 'lose' : undefined);
  const run = new JobRun(cloud, { timing: { retryBaseMs: 60_000, retryCapMs: 60_000 } });
  run.record(randomBytes(2500));
  run.end();
  await until(() => cloud.session?.state === 'completed', 'the completed object');
  const folder = await run.kill();
  cloud.fault = () => undefined;
  const puts = cloud.count('put');
  assert.equal((await newRun({ folder, recover: true }).said('completed', 'failed')).type, 'completed');
  assert.deepEqual([cloud.count('put'), cloud.sessions.size], [puts, 1]);
});

test('a complete of before the crash that S3 refuses after all: what is missing is sent', async () => {
  const bytes = randomBytes(3456);
  const folder = await interrupted(bytes, 3);
  cloud.session.state = 'completing';
  cloud.fault = ({ op }) => { if (op === 'complete') cloud.session.state = 'open'; };
  assert.equal((await newRun({ folder, recover: true }).said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
});

test('a session that is being completed takes no parts: none that S3 does not list is called safe', async () => {
  const folder = await interrupted(randomBytes(3456), 3);
  cloud.session.state = 'completing';
  cloud.fault = ({ op }) => (op === 'complete' ? { status: 503 } : undefined);
  const run = newRun({ folder, recover: true });
  await until(() => cloud.count('complete') > 0, 'the claim');
  assert.deepEqual(run.of('part'), []);
  await run.kill();
  assert.equal(run.of('failed')[0].error.detail.uploadedBytes, 0);
});

test('a session that took nothing while it was being completed is asked again before a retry', async () => {
  const bytes = randomBytes(3456);
  const folder = await interrupted(bytes, 3);
  cloud.session.state = 'completing';
  const refusals = [problem(409, 'conflict', 'S3 refused it', { reason: 's3-refused' })];
  cloud.fault = ({ op }) => {
    if (op === 'complete') cloud.session.state = 'open';
    return op === 'complete' ? refusals.shift() : undefined;
  };
  const run = newRun({ folder, recover: true });
  assert.equal((await run.said('completed', 'failed')).error?.reason, 's3-refused');
  const looks = cloud.count('look');
  run.retry();
  await run.said('completed');
  assert.ok(cloud.object.equals(bytes));
  assert.equal(cloud.count('look'), looks + 1);
});

test('the checksum of a part that has another size now is not taken for its own', async () => {
  const run = new JobRun(cloud);
  run.record(randomBytes(2500));
  run.end();
  cloud.fault = ({ op }) => (op === 'complete' ? { status: 503 } : undefined);
  await until(() => cloud.count('complete') > 0, 'all to be in S3');
  const folder = await run.kill();
  const [name] = (await folder.list()).map((file) => file.name).filter((file) => file.startsWith('raw-')).slice(-1);
  const longer = randomBytes(100);
  await folder.append(name, longer); // what the disk got between the note of the part and the end
  cloud.fault = () => undefined;
  const end = await newRun({ folder, recover: true }).said('completed', 'failed');
  assert.equal(end.type, 'completed', end.error?.message);
  assert.ok(cloud.object.subarray(2500).equals(longer));
});

for (const { name, state, bytes: [number, size] } of [
  { name: 'a longer last part', state: 'open', bytes: [3, 700] },
  { name: 'a part beyond the last', state: 'open', bytes: [4, 100] },
  { name: 'a longer last part, and was being completed', state: 'completing', bytes: [3, 700] },
  { name: 'a part beyond the last, and was being completed', state: 'completing', bytes: [4, 100] },
]) {
  test(`a session of which S3 has ${name}: nothing is written over it, and the whole goes up into another`, async () => {
    const bytes = randomBytes(2500);
    const folder = await interrupted(bytes, 2);
    const { session } = cloud;
    const more = randomBytes(size);
    session.parts.set(number, { bytes: more, etag: '"more"', checksum: 'more' });
    session.state = state;
    cloud.fault = ({ op }) => { if (op === 'complete' && session.state === 'completing') session.state = 'open'; };
    assert.equal((await newRun({ folder, recover: true }).said('completed', 'failed')).type, 'completed');
    assert.ok(session.parts.get(number).bytes.equals(more));
    assert.equal(session.state, 'open', 'it is left to the broker');
    assert.ok(objectOf(last()).equals(bytes));
    assert.equal(cloud.sessions.size, 2);
  });
}

for (const { name, over } of [
  { name: 'salvaged without its end', over: () => cloud.salvage(cloud.session) },
  { name: 'aborted', over: () => { cloud.session.state = 'aborted'; } },
  { name: 'forgotten', over: () => { cloud.sessions.clear(); } },
]) {
  test(`a session that was ${name} meanwhile: the whole goes up into another`, async () => {
    const bytes = randomBytes(3456);
    const folder = await interrupted(bytes, 3);
    over();
    const run = newRun({ folder, recover: true });
    assert.equal((await run.said('completed', 'failed')).type, 'completed');
    assert.ok(objectOf(last()).equals(bytes));
    assert.equal(run.of('opened').at(-1).session.id, last().id, 'the page hears of the new link');
    assert.equal(cloud.count('open'), 2);
  });

  test(`a live recording whose session was ${name} goes on in another by itself`, async () => {
    const bytes = randomBytes(5432);
    const run = newRun();
    run.record(bytes.subarray(0, 3100));
    await until(() => cloud.session?.parts.size === 3, 'three parts');
    over();
    run.record(bytes.subarray(3100));
    run.end();
    assert.equal((await run.said('completed', 'failed')).type, 'completed');
    assert.ok(objectOf(last()).equals(bytes));
    assert.deepEqual(run.of('trouble').map(({ error }) => error.code), ['started-over']);
  });
}

test('one stray 404 of a proxy does not end a live recording', async () => {
  const strays = [{ status: 404, headers: { 'Content-Type': 'text/html' }, body: 'default backend - 404' }];
  cloud.fault = ({ op }) => (op === 'parts' ? strays.shift() : undefined);
  const bytes = randomBytes(2500);
  assert.equal((await newRun().all(bytes)).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
  assert.deepEqual([strays.length, cloud.sessions.size], [0, 1]);
});

test('an upload that S3 no longer knows, though the broker still signs for it, is given up for another', async () => {
  const run = newRun();
  run.record(randomBytes(1500));
  await until(() => cloud.session?.parts.size === 1, 'a part');
  const gone = cloud.session;
  cloud.fault = ({ op }) => (op === 'put' && last() === gone ? s3(404, 'NoSuchUpload', 'gone') : undefined);
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.notEqual(last(), gone);
});

test('sessions that are gone again and again are a failure in the end', async () => {
  cloud.fault = ({ op }) => (op === 'complete' ? problem(409, 'conflict', 'gone', { reason: 'aborted' }) : undefined);
  const failed = await newRun().all(randomBytes(500));
  assert.deepEqual([failed.error.code, failed.error.reason, cloud.sessions.size], ['conflict', 'aborted', 4]);
});

test('a deleted recording does not come back by itself', async () => {
  cloud.fault = ({ op }) => (op === 'complete' ? problem(404, 'not-found', 'deleted', { reason: 'deleted' }) : undefined);
  const failed = await newRun().all(randomBytes(500));
  assert.deepEqual([failed.error.reason, cloud.sessions.size], ['deleted', 1]);
});

test('a token that an answer prolongs is used from then on, and kept', async () => {
  const bytes = randomBytes(2500);
  cloud.fault = ({ op }) => { if (op === 'parts' && !cloud.session.before) cloud.prolongToken(cloud.session); };
  const folder = await interrupted(bytes, 2);
  cloud.session.before = undefined; // it is over
  cloud.prolongToken(cloud.session);
  assert.equal((await newRun({ folder, recover: true }).said('completed', 'failed')).type, 'completed');
  assert.equal(cloud.requests.at(-1).headers.authorization, `Bearer ${cloud.session.token}`, 'nor is one that a look brings');
  assert.ok(objectOf(cloud.session).equals(bytes));
  assert.deepEqual([cloud.count('token'), cloud.sessions.size], [0, 1]);
});

test('an expired token is renewed with a grant, and the recording stays in its session', async () => {
  const bytes = randomBytes(2500);
  const folder = await interrupted(bytes, 2);
  cloud.expireToken(cloud.session);
  assert.equal((await newRun({ folder, recover: true }).said('completed', 'failed')).type, 'completed');
  assert.ok(objectOf(cloud.session).equals(bytes));
  assert.deepEqual([cloud.count('token'), cloud.sessions.size], [1, 1]);
});

const badGrant = (grant) => ({ op, headers }) => (['open', 'token'].includes(op) && headers.authorization === `Bearer ${grant}`
  ? problem(401, 'unauthorized', 'the credential is not one of ours', { reason: 'bad-token' }) : undefined);

test('a bad grant at the renewal of a token is asked for again, and the recording stays in its session', async () => {
  const bytes = randomBytes(2500);
  const folder = await interrupted(bytes, 2);
  cloud.expireToken(cloud.session);
  cloud.fault = badGrant('sorry-503');
  const grants = ['sorry-503', 'gr_1'];
  const run = newRun({ folder, recover: true, getGrant: async () => grants.shift() });
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.deepEqual([cloud.count('token'), cloud.sessions.size, run.of('trouble')], [2, 1, []]);
});

test('a grant that stays bad is a failure, and the session stays for a retry', async () => {
  const folder = await interrupted(randomBytes(2500), 2);
  cloud.expireToken(cloud.session);
  cloud.fault = badGrant('gr_1');
  const run = newRun({ folder, recover: true });
  const { error } = await run.said('completed', 'failed');
  assert.deepEqual([error.code, error.field, cloud.sessions.size, run.of('trouble')], ['unauthorized', 'grant', 1, []]);
  cloud.fault = () => undefined;
  run.retry();
  await run.said('completed');
  assert.equal(cloud.sessions.size, 1);
});

for (const { name, answer } of [
  { name: 'a call', answer: problem(401, 'unauthorized', 'not one of ours', { reason: 'bad-token' }) },
  { name: 'its renewal', answer: problem(400, 'invalid', 'not one of ours', { reason: 'bad-token', field: 'token' }) },
]) {
  test(`a session's token that ${name} shows to be bad: the whole goes up into another session`, async () => {
    const bytes = randomBytes(2500);
    const folder = await interrupted(bytes, 2);
    cloud.expireToken(cloud.session);
    const op = answer.status === 401 ? 'look' : 'token';
    cloud.fault = (request) => (request.op === op ? answer : undefined);
    assert.equal((await newRun({ folder, recover: true }).said('completed', 'failed')).type, 'completed');
    assert.ok(objectOf(last()).equals(bytes));
    assert.equal(cloud.sessions.size, 2);
  });
}

test('a manifest that cannot be read is said, and the files stay', async () => {
  const folder = new DurableFolder();
  await folder.append('raw-0000000000000000', randomBytes(10));
  const run = new JobRun(cloud, { folder, recover: true });
  await assert.rejects(run.started, { code: 'unreadable' });
  assert.equal((await folder.list()).length, 1);
});

test('bytes are let go of only once S3 has them, and the recording is whole all the same', async () => {
  const folder = new DurableFolder();
  const run = newRun({ folder, estimate: async () => ({ quota: 100 * MIB, usage: 99 * MIB }) });
  const bytes = randomBytes(20_000);
  run.record(bytes.subarray(0, 9999));
  await until(() => cloud.session?.parts.size === 9, 'nine parts');
  run.record(bytes.subarray(9999));
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(objectOf(cloud.session).equals(bytes));
  assert.equal(run.of('full')[0].error.code, 'quota-low');
});

test('a full disk stops the recording and loses nothing of it', async () => {
  const folder = new DurableFolder();
  folder.capacity = 9000;
  cloud.fault = ({ op }) => (op === 'put' ? { status: 503 } : undefined); // so that nothing can make room
  const run = newRun({ folder });
  const bytes = randomBytes(12_000);
  run.record(bytes);
  assert.equal((await run.said('full')).error.code, 'quota-low');
  assert.ok(run.of('trouble').some(({ error }) => error.code === 'not-durable'));
  run.end();
  cloud.fault = () => undefined;
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(objectOf(cloud.session).equals(bytes));
});

/** A disk that refuses one file, and not for want of room. */
class Refusing extends DurableFolder {
  refused = '';

  async append(name, bytes) {
    if (name === this.refused) throw new DOMException('the disk refuses it', 'InvalidStateError');
    return super.append(name, bytes);
  }
}

test('a part file that went on in memory is written again from the journal after a crash', async () => {
  cloud.fault = ({ op, number }) => (op === 'put' && number >= 3 ? 'hang' : undefined);
  const folder = new Refusing();
  folder.refused = 'part-000003';
  const bytes = randomBytes(4700);
  const left = await interrupted(bytes, 2, { folder, timing: { noteMs: 0 } });
  cloud.fault = () => undefined;
  const end = await newRun({ folder: left, recover: true }).said('completed', 'failed');
  assert.equal(end.type, 'completed', end.error?.code);
  assert.ok(cloud.object.equals(bytes));
});

test('a full disk is relieved of what S3 has, and the recording goes on', async () => {
  cloud.partSize = MIB;
  const folder = new DurableFolder();
  folder.capacity = 12 * MIB;
  const run = newRun({ folder, fileBytes: MIB, timing: { noteMs: 0 } });
  const bytes = randomBytes(20 * MIB);
  for (let done = 0; done < 20; done++) {
    run.record(bytes.subarray(done * MIB, (done + 1) * MIB), MIB);
    await until(() => run.of('part').length > done, `part ${done + 1}`);
  }
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(objectOf(cloud.session).equals(bytes));
  assert.deepEqual([run.of('full'), run.of('trouble')], [[], []]);
});

test('what was let go of while S3 has it is no loss to a recovery', async () => {
  const run = new JobRun(cloud, { timing: { noteMs: 0 } });
  const bytes = randomBytes(6000);
  run.record(bytes);
  await until(() => run.of('part').length === 6, 'six parts');
  await (await run.started).upload.makeRoom();
  const folder = await run.kill();
  assert.equal((await newRun({ folder, recover: true }).said('completed', 'failed')).type, 'completed');
  assert.ok(objectOf(cloud.session).equals(bytes));
});

test('what was let go of and is no longer in S3 is said to be lost', async () => {
  const run = new JobRun(cloud, { timing: { noteMs: 0 } }); // or the journal would still have them
  run.record(randomBytes(6000));
  await until(() => run.of('part').length === 6, 'six parts');
  await (await run.started).upload.makeRoom();
  const folder = await run.kill();
  cloud.salvage(cloud.session);
  const failed = await newRun({ folder, recover: true }).said('completed', 'failed');
  assert.deepEqual([failed.error.code, failed.error.reason, failed.error.detail.lostBytes], ['bytes-lost', 'salvaged', 1000]);
  assert.notEqual((await folder.list()).length, 0, 'the rest stays');
});

test('bytes behind the last note on the disk are not let go of', async () => {
  const run = newRun({ timing: { noteMs: 60_000 } }); // the first slice alone is noted
  run.record(randomBytes(6000));
  await until(() => run.of('part').length === 6, 'six parts');
  assert.equal(await (await run.started).upload.makeRoom(), false);
});

test('a part that became shorter on the disk is lost, and not asked for a URL again and again', async () => {
  cloud.fault = ({ op, number }) => (op === 'put' && number === 2 ? { status: 503 } : undefined); // S3 does not have it already
  const folder = await interrupted(randomBytes(2500), 0, { timing: { noteMs: 0 } });
  cloud.fault = () => undefined;
  const { read } = folder;
  folder.read = async (name, ...range) => (await read.call(folder, name, ...range)).slice(0, name === 'part-000002' ? 999 : undefined);
  const failed = await newRun({ folder, recover: true }).said('completed', 'failed');
  assert.equal(failed.error?.code, 'bytes-lost');
});

test('a retry after a slice could not be read fails at once', async () => {
  const run = newRun();
  run.record(randomBytes(2500));
  await until(() => cloud.session?.parts.size === 2, 'two parts');
  const gone = async () => { throw new DOMException('the slice is gone', 'NotReadableError'); };
  run.add({ size: 300, arrayBuffer: gone });
  await run.said('failed');
  run.end();
  run.retry();
  await until(() => run.of('failed').length === 2, 'the retry to fail');
  assert.deepEqual(run.of('failed').map(({ error }) => error.message), Array(2).fill(run.of('failed')[0].error.message));
});

test('where nothing can be kept the recording goes up all the same, and that it is not safe is said first', async () => {
  const bytes = randomBytes(2500);
  const run = newRun({ folder: new MemoryFolder() });
  assert.equal((await run.all(bytes)).type, 'completed');
  assert.ok(objectOf(cloud.session).equals(bytes));
  assert.equal(run.messages[0].error.code, 'not-durable');
});

test('where the disk is full from the start it is kept in memory, and that is said', async () => {
  const folder = new DurableFolder();
  folder.capacity = 10;
  const bytes = randomBytes(2500);
  const run = newRun({ folder });
  assert.equal((await run.all(bytes)).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
  assert.equal(run.messages[0].error.code, 'not-durable');
  assert.deepEqual(await folder.list(), [], 'nothing of it is found later');
});

/** A recording in memory that may hold so much, and a file's worth of it. */
function inMemory(memory) {
  cloud.partSize = MIB;
  const run = newRun({ folder: new MemoryFolder(), fileBytes: MIB, memory, timing: { noteMs: 0 } });
  return { run, bytes: randomBytes(17 * MIB) };
}

test('in memory what S3 has is let go of, and the recording is whole all the same', async () => {
  const { run, bytes } = inMemory({ keptBytes: 3 * MIB });
  for (let at = 0; at < bytes.length; at += MIB) {
    run.record(bytes.subarray(at, at + MIB), MIB);
    await until(() => run.of('part').length > at / MIB, 'the part to be in S3');
  }
  const { recorded } = await run.started;
  assert.equal(recorded.lostBytes, 13 * MIB, 'at 16 MiB, when it was looked last, all but three');
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
  assert.deepEqual(run.of('full'), []);
});

test('in memory a recording that S3 has nothing of ends while it still fits, and is kept', async () => {
  const { run, bytes } = inMemory({ mostBytes: 10 * MIB });
  cloud.fault = ({ op }) => (op === 'parts' ? { status: 503 } : undefined);
  run.record(bytes, MIB);
  const { error } = await run.said('full');
  assert.deepEqual([error.code, error.reason], ['quota-low', 'memory']);
  run.end();
  cloud.fault = () => undefined;
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
});

test('a failure says whether the recording outlives the page', async () => {
  cloud.fault = ({ op }) => (op === 'put' ? s3(400, 'InvalidRequest', 'no') : undefined);
  for (const [folder, onDevice] of [[new MemoryFolder(), false], [new DurableFolder(), true]]) {
    assert.equal((await newRun({ folder }).all(randomBytes(100))).error.detail.onDevice, onDevice);
  }
});

const TAIL = { lookMs: 5, tailFirstMs: 40, tailMostMs: 80 };
const tailOf = (number) => cloud.session?.parts.get(number)?.bytes;

test('the tail is in S3 while it grows, and is overwritten until it is whole', async () => {
  const run = newRun({ timing: TAIL });
  const bytes = randomBytes(1700);
  run.record(bytes.subarray(0, 200));
  await until(() => tailOf(1)?.equals(bytes.subarray(0, 200)), 'the tail');
  run.record(bytes.subarray(200, 900));
  await until(() => tailOf(1)?.equals(bytes.subarray(0, 900)), 'a longer tail');
  run.record(bytes.subarray(900, 1500));
  await until(() => tailOf(2)?.equals(bytes.subarray(1000, 1500)), 'the next one');
  assert.ok(tailOf(1).equals(bytes.subarray(0, 1000)));
  run.record(bytes.subarray(1500));
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
  assert.deepEqual(run.of('part').map(({ number }) => number), [1, 2], 'a tail is no part yet');
});

test('a part whose tail was cut on its way is not let go of: the tail may come yet', async () => {
  let hanging = 1;
  cloud.fault = ({ op, number }) => (op === 'put' && number === 2 && hanging-- > 0 ? 'hang' : undefined);
  const run = newRun({ timing: { ...TAIL, noteMs: 0, stallMs: 60 } });
  run.record(randomBytes(1500));
  await until(() => tailOf(2), 'a tail after the one that was cut');
  run.record(randomBytes(1500));
  await until(() => run.of('part').length === 3, 'three parts');
  await (await run.started).upload.makeRoom();
  const files = (await run.folder.list()).map(({ name }) => name).filter((name) => name.startsWith('part'));
  assert.deepEqual(files, ['part-000001', 'part-000002']);
});

test('a tail that was on its way at the crash is remembered: its part is not let go of after it', async () => {
  cloud.fault = ({ op, number }) => (op === 'put' && number === 2 ? 'hang' : undefined);
  const before = newRun({ timing: { ...TAIL, noteMs: 0 } });
  before.record(randomBytes(1500));
  await until(() => cloud.count('put', 2) === 1, 'the tail to be on its way');
  before.record(randomBytes(1500));
  await until(() => before.of('part').length === 2, 'parts 1 and 3');
  const folder = await before.kill();
  cloud.fault = ({ op }) => (op === 'complete' ? { status: 503 } : undefined);
  const run = newRun({ folder, recover: true });
  await until(() => cloud.count('complete') > 0, 'all to be in S3');
  await (await run.started).upload.makeRoom();
  const files = (await run.folder.list()).map(({ name }) => name).filter((name) => name.startsWith('part'));
  assert.deepEqual(files, ['part-000001', 'part-000002']);
});

test('a pause makes no more tails of the same', async () => {
  const run = newRun({ timing: TAIL });
  run.record(randomBytes(200));
  await until(() => tailOf(1), 'the tail');
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(cloud.count('put'), 1);
});

test('a tail whose PUT is under way when the part is whole: one after the other', async () => {
  cloud.putMs = 150;
  const run = newRun({ timing: TAIL });
  const bytes = randomBytes(1500);
  run.record(bytes.subarray(0, 500));
  await until(() => cloud.count('parts') === 1, 'the tail is on its way');
  run.record(bytes.subarray(500));
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
  assert.equal(cloud.count('put', 1), 2);
});

test('a tail that is whole already at the end is not sent again', async () => {
  const run = newRun({ timing: TAIL });
  const bytes = randomBytes(300);
  run.record(bytes);
  await until(() => tailOf(1)?.equals(bytes), 'the tail');
  await until(() => run.of('progress').at(-1)?.progress.uploadedBytes === 300, 'its acknowledgement');
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.equal(cloud.count('put'), 1);
});

test('offline nothing is sent; online it goes on at once', async () => {
  const connection = new Connection(new EventTarget());
  const run = newRun({ connection, timing: { retryBaseMs: 60_000, retryCapMs: 60_000 } });
  const bytes = randomBytes(3500);
  run.record(bytes.subarray(0, 1500));
  await run.said('part');
  connection.offline = true;
  const puts = cloud.count('put');
  run.record(bytes.subarray(1500));
  run.end();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(cloud.count('put'), puts);
  connection.cameOnline();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
});

const WEBM = readFileSync(new URL('../webm/fixtures/chromium-vp9-opus.webm', import.meta.url));

/** The fixture as it ought to be stored. */
function seekable() {
  const transform = new SeekableWebm();
  const out = Buffer.concat([...transform.push(new Uint8Array(WEBM)), ...transform.finish()]);
  for (const { at, bytes } of transform.patches()) out.set(bytes, at);
  return out;
}

for (const [partSize, puts] of [[200_000, 1], [70_000, 3]]) {
  test(`WebM becomes seekable on its way, in parts of ${partSize}`, async () => {
    cloud.partSize = partSize;
    const run = newRun({ job: { contentType: 'video/webm;codecs="vp9,opus"' }, fileBytes: 50_000 });
    await run.said('progress'); // it is at work: what is added is sent at once
    run.record(WEBM, 1000);
    await until(async () => (await run.started).recorded.size > 70_000, 'the transform is at it');
    if (puts > 1) await run.said('part');
    run.end();
    assert.equal((await run.said('completed', 'failed')).type, 'completed');
    assert.ok(cloud.object.equals(seekable()));
    assert.equal(cloud.count('put'), puts, 'part 1 goes up again only where it was there before');
  });
}

test('a WebM of which nothing but the head was recorded is empty', async () => {
  const run = newRun({ job: { contentType: 'video/webm' } });
  const cluster = WEBM.indexOf(Buffer.from('1f43b675', 'hex'));
  assert.equal((await run.all(WEBM.subarray(0, cluster))).error?.code, 'empty');
});

test('an interrupted WebM whose header was final already does not lose it on the way', async () => {
  cloud.partSize = 70_000;
  cloud.fault = ({ op }) => (op === 'complete' ? { status: 503 } : undefined);
  const run = new JobRun(cloud, { job: { contentType: 'video/webm' }, fileBytes: 50_000, timing: { noteMs: 0 } });
  run.record(WEBM, 1000);
  run.end();
  await until(() => cloud.count('complete') > 0, 'all to be in S3');
  const folder = await run.kill();
  cloud.fault = () => undefined;
  const puts = cloud.count('put');
  const { read } = folder;
  folder.read = async (name, ...range) => { // a journal that takes longer to read than S3 to be asked
    if (name.startsWith('raw-')) await new Promise((resolve) => setTimeout(resolve, 200));
    return read.call(folder, name, ...range);
  };
  assert.equal((await newRun({ folder, recover: true }).said('completed', 'failed')).type, 'completed');
  assert.equal(cloud.count('put'), puts, 'part 1 went up again');
  assert.ok(cloud.object.equals(seekable()));
});

test('an interrupted WebM is the same as one that was not', async () => {
  cloud.partSize = 70_000;
  const run = new JobRun(cloud, { job: { contentType: 'video/webm' }, fileBytes: 50_000 });
  run.record(WEBM, 1000);
  await run.said('part');
  await until(async () => {
    const files = await run.folder.list();
    return files.reduce((sum, { name, size }) => sum + (name.startsWith('raw-') ? size : 0), 0) === WEBM.length;
  }, 'all is in the journal');
  const folder = await run.kill();
  const recovered = newRun({ folder, recover: true });
  assert.equal((await recovered.said('completed', 'failed')).type, 'completed');
  assert.ok(cloud.object.equals(seekable()));
  assert.ok(recovered.of('recovered').at(-1).durationMs > 1000, 'it knows how long it is');
});

test('an interrupted WebM lasts as long as was recorded when it was noted last, though its blocks end before', async () => {
  cloud.partSize = 70_000; // the head is in part 1
  const run = newRun({ job: { contentType: 'video/webm' }, timing: { noteMs: 0 } });
  run.add(new Blob([WEBM]), 60_000);
  await until(async () => (await ManifestFile.read(run.folder))?.manifest.durationMs === 60_000, 'it is noted');
  const folder = await run.kill();
  const recovered = newRun({ folder, recover: true });
  assert.equal((await recovered.said('completed', 'failed')).type, 'completed');
  assert.equal(recovered.of('recovered').at(-1).durationMs, 60_000);
  assert.equal(walk(cloud.object, { recordedMs: 60_000 }).durationMs, 60_000);
});

test('the tail of a WebM holds the cluster that is still open, and its header', async () => {
  const run = newRun({ job: { contentType: 'video/webm' }, timing: TAIL });
  cloud.partSize = 200_000;
  run.record(WEBM, 1000);
  await until(() => tailOf(1)?.equals(seekable()), 'a tail that is the recording so far');
});
