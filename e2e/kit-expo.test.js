/**
 * kit/expo in Node, over a stand-in of expo-file-system whose uploads are processes of their own: bytes go up to a real broker's S3, and go on when
 * the app is killed. No phone has run it.
 */

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mintGrant } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { Bucket } from './lib/bucket.js';
import { temporaryFolder } from './lib/folders.js';
import { until } from './lib/until.js';
import { Webhooks } from './lib/webhooks.js';

const APP = fileURLToPath(new URL('lib/kit-expo-app.js', import.meta.url));
const KIT = fileURLToPath(new URL('../kit/expo/', import.meta.url));
const MIB = 1 << 20;
const SIZE = 25 * MIB + 12_345;
const RANGES = [0, 5, 10, 15, 20, 25].map((mib) => `${mib * MIB}-${Math.min((mib + 5) * MIB, SIZE)}`);

/** What a broker allows unless it is told otherwise; the kit asks for a week. */
const LONGEST_URL_S = 24 * 3600;

let broker, bucket, webhooks;

before(async () => {
  webhooks = await Webhooks.start();
  broker = await BrokerDev.start({ name: 'kit-expo', env: webhooks.env });
  bucket = new Bucket(broker.ready);
});

after(async () => {
  bucket?.close();
  await broker?.stop();
  await webhooks?.close();
});

/** A recording on a phone. */
class Recording {
  file = path.join(temporaryFolder(), 'holiday.mp4');
  state = `${this.file}.json`;
  parts = `${this.file}.parts`;
  bytes = randomBytes(SIZE);

  constructor() { writeFileSync(this.file, this.bytes); }

  get id() { return JSON.parse(readFileSync(this.state, 'utf8')).id; }

  /** Runs the app; returns its signal, the tasks it gave to the system, the files of parts that were left, how many calls signed parts, and the session that is done. */
  async upload(end = 'never') {
    const grant = await mintGrant(broker);
    return new Promise((resolve) => execFile(process.execPath, [APP, broker.url, grant, this.file, this.state, end], { timeout: 60_000, killSignal: 'SIGTERM' }, (error, stdout, stderr) => {
      const tasks = [...stdout.matchAll(/^TASK (\S+) (.*)$/gm)].map(([, range, how]) => ({ range, how }))
        .sort((a, b) => Number.parseInt(a.range, 10) - Number.parseInt(b.range, 10)); // in which order they are queued does not matter
      resolve({ signal: error?.signal ?? null, tasks, left: /^LEFT (.*)$/m.exec(stdout)?.[1], calls: Number(/^SIGNED IN (.*)$/m.exec(stdout)?.[1]), done: /^DONE (\S+)/m.exec(stdout)?.[1], stderr });
    }));
  }

  /** S3 has it under the session's key, byte for byte. */
  async assertIsThere() {
    const key = (await bucket.keys()).find((name) => name.includes(this.id));
    assert.deepEqual(await bucket.digest(key), { size: SIZE, sha256: createHash('sha256').update(this.bytes).digest('hex') });
  }
}

test('a recording goes up as background tasks, all of them at once, and no file of a part is left', async () => {
  const recording = new Recording();
  const { tasks, left, calls, done, stderr } = await recording.upload('last');
  assert.equal(done, recording.id, stderr);
  assert.deepEqual(tasks, RANGES.map((range) => ({ range, how: `PUT 0 background ${LONGEST_URL_S}` })));
  await recording.assertIsThere();
  assert.equal(calls, 1, 'all parts are signed in one call');
  assert.equal(left, '', 'the file of a part goes as soon as S3 has the part');
  assert.ok(!existsSync(recording.parts));
  const { etags } = JSON.parse(readFileSync(recording.state, 'utf8'));
  assert.ok(Object.values(etags).length === RANGES.length && Object.values(etags).every((etag) => /^"[0-9a-f]{32}"$/.test(etag)), 'the ETags are known');
});

test('an app that is killed once all is queued leaves a completed upload, and a webhook tells', async () => {
  const recording = new Recording();
  const first = await recording.upload(String(RANGES.length));
  assert.equal(first.signal, 'SIGKILL', first.stderr);
  const { type, data } = await webhooks.about(recording.id, 90_000); // no call of the broker till then, which would be a sign of life
  assert.deepEqual([type, data.outcome, data.size], ['recording.completed', 'completed', SIZE]);
  await recording.assertIsThere();
  const second = await recording.upload();
  assert.equal(second.done, recording.id, second.stderr);
  assert.deepEqual(second.tasks, []);
  assert.ok(!existsSync(recording.parts));
});

test('an app that is killed before all is queued goes on where it was', async () => {
  const recording = new Recording();
  const first = await recording.upload('2');
  assert.equal(first.signal, 'SIGKILL', first.stderr);
  const upload = await bucket.uploadOf(recording.id);
  await until('the system has sent what it was given', async () => (await bucket.parts(upload)).length === 2);
  const second = await recording.upload();
  assert.equal(second.done, recording.id, second.stderr);
  const queued = first.tasks.map(({ range }) => range);
  assert.deepEqual(second.tasks.map(({ range }) => range), RANGES.filter((range) => !queued.includes(range)));
  await recording.assertIsThere();
});

test('an app that is killed while it copies a part copies it again', async () => {
  const recording = new Recording();
  const first = await recording.upload('copying');
  assert.deepEqual([first.signal, first.tasks.length], ['SIGKILL', 1], first.stderr);
  const second = await recording.upload();
  assert.equal(second.done, recording.id, second.stderr);
  await recording.assertIsThere();
});

test('the file of a part is not written again, as the system may be sending it', async () => {
  const recording = new Recording();
  assert.equal((await recording.upload('1')).signal, 'SIGKILL');
  const other = randomBytes(5 * MIB); // of which it can be told
  other.copy(recording.bytes, 20 * MIB);
  writeFileSync(path.join(recording.parts, RANGES[4]), other);
  const { done, stderr } = await recording.upload();
  assert.equal(done, recording.id, stderr);
  await recording.assertIsThere();
});

test('a person who cancels ends the tasks, and the upload can go on', async () => {
  const recording = new Recording();
  const first = await recording.upload('cancel');
  assert.match(first.stderr, /AbortError/);
  assert.equal(first.done, undefined);
  assert.deepEqual(first.tasks, []);
  const second = await recording.upload();
  assert.equal(second.done, recording.id, second.stderr);
  await recording.assertIsThere();
});

test('parts of an upload that was given up are not taken for those of another recording', async () => {
  const recording = new Recording();
  assert.equal((await recording.upload('1')).signal, 'SIGKILL');
  const given = recording.id;
  recording.bytes = randomBytes(SIZE);
  writeFileSync(recording.file, recording.bytes);
  recording.state += '.anew';
  const { done, stderr } = await recording.upload();
  assert.ok(done && done !== given, stderr);
  await recording.assertIsThere();
});

test('expo-file-system has what kit/expo calls, and what stands in for it', () => {
  const folder = temporaryFolder();
  const project = path.join(folder, 'tsconfig.json');
  writeFileSync(path.join(folder, 'node.d.ts'), ['child_process', 'events', 'fs', 'url'].map((name) => `declare module 'node:${name}';`).join('') + 'declare const process: any;');
  writeFileSync(project, JSON.stringify({ extends: KIT + 'tsconfig.json', files: [KIT + 'upload.js', fileURLToPath(new URL('lib/expo-file-system.js', import.meta.url)), 'node.d.ts'], include: [] }));
  execFileSync(process.execPath, [fileURLToPath(new URL('../web/node_modules/typescript/bin/tsc', import.meta.url)), '-p', project], { stdio: 'inherit', timeout: 60_000 });
});
