/**
 * The core of kit/android, which is plain Java 11: a file goes up, and the app is killed on the way. Android itself is not here.
 */

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { completeByItself, mintGrant } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { Bucket } from './lib/bucket.js';
import { temporaryFolder } from './lib/folders.js';
import { Proxy } from './lib/proxy.js';

const SOURCES = fileURLToPath(new URL('../kit/android/src/slipway/upload/', import.meta.url));
const APP = fileURLToPath(new URL('lib/KitAndroidApp.java', import.meta.url));
const MIB = 1 << 20;
const SIZE = 5 * 5 * MIB + 12_345;
const PARTS = 6;

let broker, bucket, proxy, folder, classes, file, bytes, puts;

before(async () => {
  broker = await BrokerDev.start({ name: 'kit-android' });
  bucket = new Bucket(broker.ready);
  proxy = await Proxy.start();
  proxy.fault = ({ method, url }) => { if (method === 'PUT') puts.push(Number(new URL(url).searchParams.get('partNumber'))); };
  folder = temporaryFolder();
  classes = path.join(folder, 'classes');
  execFileSync('javac', ['--release', '11', '-Xlint:all', '-Werror', '-d', classes, APP, ...readdirSync(SOURCES).map((name) => path.join(SOURCES, name))], { timeout: 120_000 });
  file = path.join(folder, 'holiday.mp4');
  bytes = randomBytes(SIZE);
  writeFileSync(file, bytes);
});

after(async () => {
  bucket?.close();
  await Promise.all([broker?.stop(), proxy?.close()]);
});

/** Runs the app and returns its exit code, what it said, and which parts it PUT. */
async function run(state, { die = Infinity, of = file } = {}) {
  const grant = await mintGrant(broker);
  const { hostname, port } = new URL(proxy.url);
  const java = [`-Dhttp.proxyHost=${hostname}`, `-Dhttp.proxyPort=${port}`, '-Dhttp.nonProxyHosts=', '-Xmx64m', '-cp', classes, 'KitAndroidApp'];
  puts = [];
  return new Promise((resolve) => {
    execFile('java', [...java, broker.url, grant, of, state, String(Math.min(die, SIZE * 2))], { timeout: 120_000 }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, said: stdout, puts: puts.toSorted((a, b) => a - b), id: /^DONE (\S+)/m.exec(stdout)?.[1], stderr });
    });
  });
}

/** S3 has the file under the session's key, byte for byte. */
async function assertIsTheFile(id) {
  const key = (await bucket.keys()).find((name) => name.includes(id));
  assert.deepEqual(await bucket.digest(key), { size: SIZE, sha256: createHash('sha256').update(bytes).digest('hex') });
}

test('an app that is killed goes on where it was, and sends nothing twice but what was on its way', async () => {
  const state = path.join(folder, 'killed.properties');
  const first = await run(state, { die: 10 * MIB });
  assert.equal(first.code, 9, first.stderr);
  const session = /^id=(\S+)$/m.exec(readFileSync(state, 'utf8'))[1];
  const there = (await bucket.parts(await bucket.uploadOf(session))).map(({ number }) => number);
  assert.ok(there.length >= 2 && there.length < PARTS, `S3 has the parts ${there}`);
  const second = await run(state);
  assert.equal(second.id, session, second.said + second.stderr);
  assert.deepEqual(second.puts.filter((n) => there.includes(n)), [], `parts were sent again of ${there}, which S3 had`);
  await assertIsTheFile(session);
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('killed')), [], 'the state is gone');
});

test('a part that S3 has otherwise is sent again', async () => {
  const state = path.join(folder, 'otherwise.properties');
  assert.equal((await run(state, { die: 10 * MIB })).code, 9);
  const kept = Object.fromEntries([...readFileSync(state, 'utf8').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value.replaceAll('\\', '')]));
  const other = randomBytes(5 * MIB);
  const checksum = createHash('sha256').update(other).digest('base64');
  const { urls: [{ url, headers }] } = await broker.call('POST', `/v1/sessions/${kept.id}/parts`, { token: kept.token, body: { sign: [{ number: 1, size: other.length, checksum }] } });
  const { 'content-length': _, ...sent } = headers;
  assert.equal((await fetch(url, { method: 'PUT', headers: sent, body: other })).status, 200);
  const second = await run(state);
  assert.ok(second.puts.includes(1), `sent ${second.puts}`);
  await assertIsTheFile(second.id);
});

test('S3 that fails for a while gets each part in the end', async () => {
  const failed = new Set();
  const count = proxy.fault;
  proxy.fault = (passing) => {
    count(passing);
    if (passing.method !== 'PUT' || failed.has(puts.at(-1))) return undefined;
    failed.add(puts.at(-1));
    return { status: 503 };
  };
  const { id, puts: sent, stderr } = await run(path.join(folder, 'fails.properties'));
  proxy.fault = count;
  assert.deepEqual(sent, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6], stderr);
  await assertIsTheFile(id);
});

test('an upload is done where the broker completes it before it is known that the last part came', async () => {
  const state = path.join(folder, 'unnoticed.properties');
  const count = proxy.fault;
  const completed = async () => {
    const text = readFileSync(state, 'utf8').replaceAll('\\', '');
    const [id, token] = ['id', 'token'].map((name) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)[1]);
    await completeByItself(broker, { id, token });
  };
  let lost = false;
  proxy.fault = (passing) => {
    count(passing);
    if (passing.method === 'PUT' && puts.length === PARTS) return { loseAnswer: lost = true };
    return lost && passing.url.endsWith('/parts') ? { first: completed } : undefined;
  };
  const { id, puts: sent, said, stderr } = await run(state);
  proxy.fault = count;
  assert.ok(id, said + stderr);
  assert.deepEqual(sent, [1, 2, 3, 4, 5, 6]);
  await assertIsTheFile(id);
});

test('another file is not mixed with what S3 has of the first, and what the broker refuses is told', async () => {
  const state = path.join(folder, 'changed.properties');
  assert.equal((await run(state, { die: 10 * MIB })).code, 9);
  const changed = path.join(folder, 'changed.mp4');
  writeFileSync(changed, randomBytes(SIZE));
  utimesSync(changed, 1e9, 1e9);
  assert.match((await run(state, { of: changed })).said, /^REFUSED invalid state: the state is of another file/);
  const session = /^id=(\S+)$/m.exec(readFileSync(state, 'utf8'))[1];
  await broker.call('DELETE', `/v1/sessions/${session}`);
  assert.match((await run(state)).said, /^REFUSED conflict aborted: the session is aborted/);
});
