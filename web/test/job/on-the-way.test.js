/**
 * Proxies, firewalls and the like between the recorder and its servers.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { ManifestFile } from '../../disk/manifest.js';
import { Cloud, s3 } from '../lib/cloud.js';
import { JobRun, until } from '../lib/job-run.js';

/** @type {Cloud} */
let cloud;
beforeEach(async () => { cloud = await new Cloud().start(); });
afterEach(() => cloud.stop());

const capitals = (etag) => etag.toUpperCase();
for (const checksum of ['sha256', 'crc32c', 'md5', 'none']) {
  for (const { name, spell } of [
    { name: 'weak', spell: (etag) => `W/${etag}` },
    { name: 'marked as compressed', spell: (etag) => etag.replace(/"$/, '-gzip"') },
    { name: 'in capitals', spell: capitals },
    { name: 'empty', spell: () => '""' },
  ]) {
    test(`with ${checksum}, an ETag that comes back ${name} is no reason to send a part again`, async () => {
      cloud.checksum = checksum;
      cloud.spellEtag = spell;
      const bytes = randomBytes(3500);
      const run = new JobRun(cloud);
      assert.equal((await run.all(bytes)).type, 'completed');
      assert.deepEqual([cloud.count('put'), cloud.count('complete')], [4, 1]);
      assert.ok(cloud.object.equals(bytes));
    });
  }

  test(`with ${checksum}, a part that is listed without quotes and in capitals is not sent again`, async () => {
    cloud.checksum = checksum;
    cloud.listEtag = (etag) => capitals(etag.slice(1, -1));
    const bytes = randomBytes(3500);
    const before = new JobRun(cloud, { timing: { noteMs: 0 } });
    cloud.fault = ({ op }) => (op === 'complete' ? { status: 503 } : undefined);
    before.record(bytes);
    before.end();
    await until(async () => (await ManifestFile.read(before.folder))?.manifest.parts.filter(Boolean).length === 4, 'all of it is noted');
    const folder = await before.kill();
    const requests = cloud.requests.length;
    cloud.fault = () => undefined;
    assert.equal((await new JobRun(cloud, { folder, recover: true }).said('completed', 'failed')).type, 'completed');
    const sent = cloud.requests.slice(requests).filter(({ op }) => op === 'put').map(({ number }) => number);
    assert.deepEqual(sent, checksum === 'none' ? [1] : []); // part 1 may have got another header since, and only a checksum can tell
  });
}

test('where checksums agree, an ETag of another kind does not count', async () => {
  cloud.spellEtag = () => '"made-by-a-proxy"';
  cloud.opaqueEtags = true;
  const run = new JobRun(cloud);
  assert.equal((await run.all(randomBytes(2500))).type, 'completed');
  assert.equal(cloud.count('put'), 3);
});

const bare = (status) => ({ status, headers: { 'Content-Type': 'text/html' }, body: '<h1>no</h1>' });
const QUICK = { retryBaseMs: 1, retryCapMs: 1 };

for (const { name, op, status } of [
  { name: 'a limit on bodies refuses the complete', op: 'complete', status: 413 },
  { name: 'a firewall refuses the complete', op: 'complete', status: 403 },
  { name: 'a limit on bodies refuses the parts', op: 'put', status: 413 },
  { name: 'something refuses the parts', op: 'put', status: 400 },
]) {
  test(`${name}: an upload of a file ends, and says so; a retry goes on`, async () => {
    cloud.fault = (request) => (request.op === op ? bare(status) : undefined);
    const bytes = randomBytes(2500);
    const run = new JobRun(cloud, { file: new Blob([bytes]), timing: QUICK });
    const { error } = await run.said('completed', 'failed');
    assert.deepEqual([error.code, error.reason, error.status], ['offline', 'refused-on-the-way', status]);
    assert.equal(cloud.count('abort'), 0);
    cloud.fault = () => undefined;
    run.retry();
    await run.said('completed');
    assert.ok(cloud.object.equals(bytes));
  });
}

test('while it is recorded nothing on the way ends it, and it is told', async () => {
  cloud.fault = ({ op }) => (op === 'put' ? bare(400) : undefined);
  const bytes = randomBytes(2500);
  const run = new JobRun(cloud, { timing: QUICK });
  run.record(bytes);
  while (cloud.count('put') < 60) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(run.of('failed'), []);
  const { error } = await run.said('trouble');
  assert.deepEqual([error.code, error.reason, error.status], ['offline', 'refused-on-the-way', 400]);
  cloud.fault = () => undefined;
  run.end();
  await run.said('completed');
  assert.ok(cloud.object.equals(bytes));
});

test('a few bare 400s end nothing; as many of S3’s own do', async () => {
  let left = 5;
  cloud.fault = ({ op }) => (op === 'put' && left-- > 0 ? bare(400) : undefined);
  assert.equal((await new JobRun(cloud, { file: new Blob([randomBytes(900)]), timing: QUICK }).said('completed', 'failed')).type, 'completed');
  cloud.fault = ({ op }) => (op === 'put' ? s3(400, 'InvalidRequest', 'no') : undefined);
  const { error } = await new JobRun(cloud, { file: new Blob([randomBytes(900)]), timing: QUICK }).said('completed', 'failed');
  assert.deepEqual([error.code, error.reason], ['s3', 'InvalidRequest']);
});
