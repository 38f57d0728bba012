/** A recording's poster: into its session beside the parts, and never in their way. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { Cloud, problem, s3 } from '../lib/cloud.js';
import { fetchPut } from '../lib/fetch-put.js';
import { JobRun, until } from '../lib/job-run.js';

/** @type {Cloud} */
let cloud;
/** @type {JobRun[]} */
let runs;
beforeEach(async () => { cloud = await new Cloud().start(); runs = []; });
afterEach(async () => {
  for (const run of runs) await run.cancel();
  await cloud.stop();
});

function begin(how) {
  const run = new JobRun(cloud, how);
  runs.push(run);
  return run;
}

const picture = () => new Blob([randomBytes(300)], { type: 'image/jpeg' });
const give = (run, poster) => run.started.then(({ upload }) => upload.takePoster(poster));
const isThere = async (session, poster) => session?.poster?.equals(Buffer.from(await poster.arrayBuffer()));

for (const checksum of ['sha256', 'crc32c', 'md5', 'none']) {
  test(`it goes beside the recording, bound by ${checksum}`, async () => {
    cloud.checksum = checksum;
    const [run, poster, bytes] = [begin(), picture(), randomBytes(2500)];
    await give(run, poster);
    await until(() => isThere(cloud.session, poster), 'the poster is there while it is recorded');
    assert.equal((await run.all(bytes)).type, 'completed');
    assert.ok(cloud.object.equals(bytes));
    assert.equal(cloud.count('poster'), 1);
  });
}

test('one that comes before the session is open waits for it', async () => {
  let opens = false;
  cloud.fault = ({ op }) => (op === 'open' && !opens ? problem(503, 'unavailable', 'later') : undefined);
  const [run, poster] = [begin(), picture()];
  run.record(randomBytes(100));
  await give(run, poster);
  await until(() => cloud.count('open') > 1, 'it was asked twice');
  opens = true;
  await until(() => isThere(cloud.session, poster), 'the poster is there');
});

for (const { name, fault, asked, put } of [
  { name: 'a broker of before, which knows no posters', fault: ({ op }) => (op === 'poster' ? problem(404, 'not-found', 'no such path', { reason: 'no-such-path' }) : undefined), asked: 1, put: 0 },
  { name: 'an S3 that takes none', fault: ({ op }) => (op === 'put-poster' ? s3(403, 'AccessDenied', 'no') : undefined), asked: 3, put: 3 },
]) {
  test(`${name}, costs a recording nothing and tells nobody`, async () => {
    cloud.fault = fault;
    const [run, bytes] = [begin(), randomBytes(2500)];
    await give(run, picture());
    run.record(bytes);
    await until(() => cloud.count('poster') === asked && cloud.count('put-poster') === put, 'it was tried');
    run.end();
    assert.equal((await run.said('completed', 'failed')).type, 'completed');
    assert.ok(cloud.object.equals(bytes));
    assert.deepEqual(run.of('trouble'), []);
    assert.deepEqual([cloud.count('poster'), cloud.count('put-poster')], [asked, put], 'and no more often');
  });
}

test('what passes is tried again', async () => {
  const slowDown = s3(503, 'SlowDown', 'later');
  const faults = {
    poster: ['reset', problem(503, 'unavailable', 'later'), problem(429, 'limited', 'later', { reason: 'sign-rate' })],
    'put-poster': ['reset', slowDown, slowDown, slowDown, slowDown],
  };
  cloud.fault = ({ op }) => faults[op]?.shift();
  const [run, poster] = [begin(), picture()];
  run.record(randomBytes(100));
  await give(run, poster);
  await until(() => isThere(cloud.session, poster), 'the poster is there');
});

test('where nothing passes, S3 is left alone in the end', async () => {
  cloud.fault = ({ op }) => (op === 'put-poster' ? s3(503, 'SlowDown', 'later') : undefined);
  const run = begin();
  run.record(randomBytes(100));
  await give(run, picture());
  await until(() => cloud.count('put-poster') === 20, 'it was tried');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(cloud.count('put-poster'), 20, 'and no more often');
});

test('the end waits for a PUT that is under way', async () => {
  const slowly = async (how) => {
    if (how.headers['content-type'] === 'image/jpeg') await new Promise((resolve) => setTimeout(resolve, 300));
    return fetchPut(how);
  };
  const [run, poster] = [begin({ put: slowly, timing: { posterMs: 5000 } }), picture()];
  await give(run, poster);
  assert.equal((await run.all(randomBytes(100))).type, 'completed');
  assert.ok(await isThere(cloud.session, poster));
});

test('a recording that goes on after it has failed does not send it again', async () => {
  let fails = true;
  cloud.fault = ({ op }) => (op === 'complete' && fails ? problem(403, 'forbidden', 'no') : undefined);
  const [run, poster, bytes] = [begin(), picture(), randomBytes(2500)];
  await give(run, poster);
  run.record(bytes);
  await until(() => isThere(cloud.session, poster), 'the poster is there');
  run.end();
  await run.said('failed');
  fails = false;
  run.retry();
  assert.equal((await run.said('completed')).type, 'completed');
  assert.equal(cloud.count('poster'), 1);
});

test('a PUT that hangs holds up the end for a moment only', async () => {
  cloud.fault = ({ op }) => (op === 'put-poster' ? 'hang' : undefined);
  const [run, bytes] = [begin({ timing: { posterMs: 50 } }), randomBytes(2500)];
  await give(run, picture());
  await until(() => cloud.count('put-poster') === 1, 'it hangs');
  assert.equal((await run.all(bytes)).type, 'completed');
  assert.ok(cloud.object.equals(bytes));
});

test('a recording that has to begin anew takes its poster along', async () => {
  const [run, poster, bytes] = [begin(), picture(), randomBytes(2500)];
  run.record(bytes);
  await give(run, poster);
  await until(() => isThere(cloud.session, poster), 'the first session has it');
  cloud.salvage(cloud.session);
  run.end();
  assert.equal((await run.said('completed', 'failed')).type, 'completed');
  const [, second] = cloud.sessions.values();
  assert.ok(await isThere(second, poster), 'and so has the second');
  assert.ok(cloud.newestObject.equals(bytes));
});

test('one that is thrown away sends no poster any more', async () => {
  cloud.fault = ({ op }) => (op === 'poster' ? problem(503, 'unavailable', 'later') : undefined);
  const run = begin({ timing: { retryBaseMs: 1000 } });
  run.record(randomBytes(100));
  await give(run, picture());
  await until(() => cloud.count('poster') === 1, 'it is about to try again');
  await run.cancel();
  cloud.fault = () => undefined;
  assert.equal(cloud.session.state, 'aborted');
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(cloud.count('put-poster'), 0);
});
