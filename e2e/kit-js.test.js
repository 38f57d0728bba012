/**
 * kit/js in Node: a file goes up, the app is killed on the way, and killed before it can complete.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { UploadError, upload } from '../kit/js/upload.js';
import { completeByItself, mintGrant } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { Bucket } from './lib/bucket.js';
import { temporaryFolder } from './lib/folders.js';
import { Webhooks } from './lib/webhooks.js';

const APP = fileURLToPath(new URL('lib/kit-js-app.js', import.meta.url));
const SIZE = 5 * (5 << 20) + 12_345;
const PARTS = 6;

let broker, bucket, webhooks, folder, file, bytes;

before(async () => {
  webhooks = await Webhooks.start();
  broker = await BrokerDev.start({ name: 'kit-js', env: webhooks.env });
  bucket = new Bucket(broker.ready);
  folder = temporaryFolder();
  file = path.join(folder, 'holiday.mp4');
  bytes = randomBytes(SIZE);
  writeFileSync(file, bytes);
});

after(async () => {
  bucket?.close();
  await broker?.stop();
  await webhooks?.close();
});

/** Runs the app and returns its signal, and which parts it PUT. */
async function run(state, die) {
  const grant = await mintGrant(broker);
  return new Promise((resolve) => execFile(process.execPath, [APP, broker.url, grant, file, state, die], { timeout: 120_000 }, (error, stdout, stderr) => {
    const puts = [...stdout.matchAll(/^PUT (\d+) 200$/gm)].map((m) => Number(m[1]));
    resolve({ signal: error?.signal ?? null, puts, done: /^DONE (\S+) (\d+)$/m.exec(stdout), stderr });
  }));
}

/** S3 has the file under the session's key, byte for byte. */
async function assertIsTheFile(id) {
  const key = (await bucket.keys()).find((name) => name.includes(id));
  assert.deepEqual(await bucket.digest(key), { size: SIZE, sha256: createHash('sha256').update(bytes).digest('hex') });
}

test('an app that is killed goes on where it was, and sends nothing twice but what was on its way', async () => {
  const state = path.join(folder, 'killed.json');
  const first = await run(state, '4');
  assert.equal(first.signal, 'SIGKILL', first.stderr);
  const { id } = JSON.parse(readFileSync(state, 'utf8'));
  const there = (await bucket.parts(await bucket.uploadOf(id))).map(({ number }) => number);
  assert.ok(there.length >= 2 && there.length < PARTS, `S3 has the parts ${there}`);
  const second = await run(state, 'never');
  assert.ok(second.done, second.stderr);
  assert.equal(Number(second.done[2]), SIZE);
  assert.deepEqual(second.puts.filter((n) => there.includes(n)), [], `parts were sent again of ${there}, which S3 had`);
  await assertIsTheFile(second.done[1]);
});

test('an app that is killed after its last part leaves a completed upload, and a webhook tells', async () => {
  const state = path.join(folder, 'phone.json');
  const first = await run(state, 'complete');
  assert.equal(first.signal, 'SIGKILL', first.stderr);
  assert.equal(first.puts.length, PARTS);
  const { id, token } = JSON.parse(readFileSync(state, 'utf8'));
  const lastPart = Date.now();
  const { type, data } = await webhooks.about(id, 90_000); // no call of the broker till then, which would be a sign of life
  console.log(`# completed by itself ${((Date.now() - lastPart) / 1000).toFixed(0)} s after the last part`);
  assert.deepEqual([type, data.outcome, data.size], ['recording.completed', 'completed', SIZE]);
  const seen = await broker.call('GET', `/v1/sessions/${id}`, { token });
  assert.deepEqual([seen.state, seen.outcome], ['completed', 'completed']);
  await assertIsTheFile(id);
  const again = await run(state, 'never');
  assert.equal(again.done?.[1], id, again.stderr);
  assert.deepEqual(again.puts, []);
});

test('an upload is done where the broker completes it before it is known that the last part came', async () => {
  const grant = await mintGrant(broker);
  let state, puts = 0;
  const fetchUnlucky = async (url, init) => {
    const answer = await fetch(url, init);
    if (init.method !== 'PUT' || ++puts !== 2) return answer;
    await completeByItself(broker, state);
    throw new TypeError('the answer is lost');
  };
  const source = new Blob([bytes.subarray(0, (5 << 20) + 1)]);
  const done = await upload({ broker: broker.url, grant: () => grant, source, contentType: 'video/mp4', fetch: fetchUnlucky, save: (kept) => { state = kept; } });
  assert.deepEqual([done.id, done.size, puts], [state.id, source.size, 2]);
});

test('what is asked for at once is asked for in one call', async () => {
  const grant = await mintGrant(broker);
  const signed = [];
  const counting = (url, init) => {
    if (String(url).endsWith('/parts')) signed.push(JSON.parse(init.body).sign.map(({ number }) => number));
    return fetch(url, init);
  };
  await upload({ broker: broker.url, grant: () => grant, source: new Blob([bytes]), contentType: 'video/mp4', fetch: counting, parallel: PARTS });
  assert.deepEqual(signed, [[1, 2, 3, 4, 5, 6]]);
});

/** The file by kit/js in this process, with answers of S3 whose ETag is changed on the way; returns how many PUTs there were. */
async function uploadWith(etag) {
  const grant = await mintGrant(broker);
  let puts = 0;
  const fetchChanged = async (url, init) => {
    const answer = await fetch(url, init);
    if (init.method !== 'PUT') return answer;
    puts++;
    return { ok: answer.ok, status: answer.status, headers: new Headers({ etag: etag(answer.headers.get('etag')) }), text: () => answer.text() };
  };
  const source = new Blob([bytes.subarray(0, (5 << 20) + 1)]);
  const done = await upload({ broker: broker.url, grant: () => grant, source, contentType: 'video/mp4', fetch: fetchChanged }).catch((error) => error);
  return { puts, done };
}

for (const { name, etag } of [
  { name: 'marked by a proxy that compresses', etag: (etag) => etag.replace(/"$/, '-gzip"') },
  { name: 'emptied', etag: () => '""' },
]) {
  test(`an ETag that was ${name} on its way sends nothing twice`, async () => {
    const { puts, done } = await uploadWith(etag);
    assert.ok(done.id, done);
    assert.equal(puts, 2);
  });
}

test('a part that S3 seems to have otherwise each time is given up in the end', async () => {
  const { puts, done } = await uploadWith(() => '"0123456789abcdef0123456789abcdef"');
  assert.ok(done instanceof UploadError && done.reason === 'parts-differ', done);
  assert.equal(puts, 2 * 5);
});

test('what the broker refuses is thrown, with its field', async () => {
  const grant = await mintGrant(broker);
  const refused = upload({ broker: broker.url, grant: () => grant, source: new Blob([bytes]), contentType: 'text/html' });
  await assert.rejects(refused, (error) => error instanceof UploadError && error.field === 'content_type' && error.status === 403);
  const other = upload({ broker: broker.url, grant: () => grant, source: new Blob(['x']), contentType: 'video/mp4', state: { version: 1, key: 'k', size: 2, etags: {} } });
  await assert.rejects(other, /state is of a file of 2 bytes/);
  const changed = upload({ broker: broker.url, grant: () => grant, source: new File(['x'], 'x', { lastModified: 2 }), contentType: 'video/mp4', state: { version: 1, key: 'k', size: 1, lastModified: 1, etags: {} } });
  await assert.rejects(changed, /the file changed/);
});
