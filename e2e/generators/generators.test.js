/**
 * api/openapi.yaml as other people's programs read it: a linter finds nothing, and the clients that four generators make of
 * it compile and complete an upload.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mintGrant } from '../lib/api.js';
import { BrokerDev } from '../lib/broker-dev.js';
import { Bucket } from '../lib/bucket.js';
import { temporaryFolder } from '../lib/folders.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const OPENAPI = '../../api/openapi.yaml';
const MADE = path.join(HERE, 'made');
const SIZE = (5 << 20) + 12_345;

let broker, bucket, file, sha256;

before(async () => {
  rmSync(MADE, { recursive: true, force: true });
  broker = await BrokerDev.start({ name: 'generators' });
  bucket = new Bucket(broker.ready);
  file = path.join(temporaryFolder(), 'holiday.webm');
  const bytes = randomBytes(SIZE);
  sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(file, bytes);
});

after(async () => {
  bucket?.close();
  await broker?.stop();
});

/** Runs a program to its end and returns what it printed. */
async function run(command, args, cwd = HERE) {
  const env = { ...process.env, BROKER: broker.url, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { cwd, env, timeout: 240_000 });
    return stdout + stderr;
  } catch (error) {
    throw new Error(`${command} ${args[0]} ended with ${error.code}:\n${error.stdout}${error.stderr}`);
  }
}

const tool = (name, ...args) => run(path.join(HERE, 'node_modules/.bin', name), args);

/** Lets a client upload the file, and asks S3 for it. */
async function assertUploads(command, ...args) {
  const said = await run(command, [...args, broker.url, await mintGrant(broker), file]);
  const [, id] = /^DONE (\S+)$/m.exec(said) ?? [];
  assert.ok(id, said);
  const key = (await bucket.keys()).find((name) => name.includes(id));
  assert.deepEqual(await bucket.digest(key), { size: SIZE, sha256 });
}

test('the linter of Redocly has no warning', async () => {
  const said = await tool('redocly', 'lint', '--max-problems=20', '--format=stylish', OPENAPI);
  assert.match(said, /Your API description is valid/);
  assert.doesNotMatch(said, /You have \d+ warning/, said);
});

test('clients of openapi-typescript, @hey-api/openapi-ts and orval compile under strict', async (t) => {
  await tool('openapi-typescript', OPENAPI, '-o', 'made/openapi-typescript.ts');
  await tool('openapi-ts', '-i', OPENAPI, '-o', 'made/hey-api');
  await tool('orval', '--config', 'orval.config.cjs');
  await tool('tsc', '-p', '.');
  for (const client of ['openapi-typescript', 'hey-api', 'orval']) {
    await t.test(`the client of ${client} completes an upload`, () => assertUploads(process.execPath, `made/js/${client}.js`));
  }
});

test('the client of oapi-codegen completes an upload', async () => {
  const go = path.join(HERE, 'go');
  rmSync(path.join(go, 'slipway'), { recursive: true, force: true });
  await run('mkdir', ['slipway'], go);
  await run('go', ['tool', 'oapi-codegen', '-config', 'oapi-codegen.yaml', '../../../api/openapi.yaml'], go);
  const program = path.join(MADE, 'go-client');
  await run('go', ['build', '-o', program, '.'], go);
  await assertUploads(program);
});
