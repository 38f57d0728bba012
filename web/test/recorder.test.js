import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromPlain, RecorderError, toPlain } from '../base/errors.js';
import * as recorder from '../recorder.js';

test('the public API: these exports and no others', () => {
  assert.deepEqual(Object.keys(recorder).sort(), ['Recorder', 'RecorderError', 'uploadFile']);
  const members = Object.entries(Object.getOwnPropertyDescriptors(recorder.Recorder.prototype)).map(([name, { get }]) => (get ? `get ${name}` : name));
  const statics = Object.keys(Object.getOwnPropertyDescriptors(recorder.Recorder)).filter((name) => !['length', 'name', 'prototype'].includes(name));
  assert.deepEqual(statics.sort(), ['check', 'composes', 'discard', 'recover', 'unfinished', 'version']);
  assert.deepEqual(members.sort(), [
    'cancel', 'close', 'constructor', 'get bubble', 'get id', 'get level', 'get muted', 'get state', 'get stream', 'get watchUrl', 'pause', 'resume', 'retry', 'setBubble', 'setMicrophone', 'start', 'stop',
  ]);
});

test('importing it without a DOM, even without EventTarget, does not throw', () => {
  const source = `delete globalThis.EventTarget; const m = await import(${JSON.stringify(new URL('../recorder.js', import.meta.url).href)}); console.log(typeof m.Recorder);`;
  assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' }).trim(), 'function');
});

for (const [name, bubble] of Object.entries({
  'of no known shape': { shape: 'star' }, 'that is larger than it may be': { size: 0.61 }, 'beside the picture': { x: -0.1 }, 'that is nowhere': { y: NaN },
})) {
  test(`a bubble ${name} is refused`, () => {
    const options = { broker: 'https://broker.example', grant: 'gr_1' };
    assert.throws(() => new recorder.Recorder({ ...options, bubble }), { code: 'invalid', field: 'bubble' });
    assert.throws(() => new recorder.Recorder(options).setBubble(bubble), { code: 'invalid', field: 'bubble' });
  });
}

test('a new recorder is idle and knows nothing', () => {
  const idle = new recorder.Recorder({ broker: 'https://broker.example', grant: 'gr_1' });
  assert.deepEqual([idle.state, idle.id, idle.watchUrl, idle.stream], ['idle', null, null, null]);
});

for (const { name, options, field } of [
  { name: 'no broker', options: { grant: 'g' }, field: 'broker' },
  { name: 'a broker that is no URL', options: { broker: 'not a url', grant: 'g' }, field: 'broker' },
  { name: 'a broker without a scheme', options: { broker: 'broker.example', grant: 'g' }, field: 'broker' },
  { name: 'a broker of host and port', options: { broker: 'localhost:8080', grant: 'g' }, field: 'broker' },
  { name: 'a broker below the page', options: { broker: 'slipway/', grant: 'g' }, field: 'broker' },
  { name: 'a broker with a password', options: { broker: 'https://me:secret@b.example', grant: 'g' }, field: 'broker' },
  { name: 'nothing at all', options: undefined, field: 'broker' },
  { name: 'no grant', options: { broker: 'https://b.example' }, field: 'grant' },
  { name: 'parallel 0', options: { broker: 'https://b.example', grant: 'g', parallel: 0 }, field: 'parallel' },
  { name: 'parallel 7', options: { broker: 'https://b.example', grant: 'g', parallel: 7 }, field: 'parallel' },
  { name: 'parallel 1.5', options: { broker: 'https://b.example', grant: 'g', parallel: 1.5 }, field: 'parallel' },
]) {
  test(`${name} is refused`, async () => {
    assert.throws(() => new recorder.Recorder(options), { name: 'RecorderError', code: 'invalid', field });
    await assert.rejects(recorder.uploadFile(new Blob(['x'], { type: 'video/webm' }), options), { code: 'invalid', field });
  });
}

test('on a page, a broker is no path below it; one that begins with / is on its origin', (t) => {
  globalThis.document = { baseURI: 'https://app.example/page/' };
  t.after(() => { delete globalThis.document; });
  for (const broker of ['broker.example', 'slipway/', '../slipway']) {
    assert.throws(() => new recorder.Recorder({ broker, grant: 'g' }), { code: 'invalid', field: 'broker' }, broker);
  }
  assert.doesNotThrow(() => new recorder.Recorder({ broker: '/slipway', grant: 'g' }));
});

test('an error about the broker shows no password', () => {
  assert.throws(() => new recorder.Recorder({ broker: 'https://me:secret@b.example', grant: 'g' }), ({ message }) => !message.includes('secret'));
});

test('in node everything that takes a page says so, and says it as a RecorderError', async () => {
  const options = { broker: 'https://broker.example', grant: 'gr_1' };
  const noPage = { name: 'RecorderError', code: 'not-supported' };
  await assert.rejects(new recorder.Recorder(options).start({ microphone: true }), noPage);
  await assert.rejects(recorder.uploadFile(new Blob(['x'], { type: 'video/mp4' }), options), noPage);
  await assert.rejects(recorder.Recorder.check(options), noPage);
  assert.throws(() => recorder.Recorder.recover('r1', options), noPage);
});

for (const { name, source, says } of [
  { name: 'nothing', source: undefined, says: /undefined/ },
  { name: 'null', source: null, says: /null/ },
  { name: 'a word', source: 'screen', says: /string/ },
  { name: 'what getUserMedia takes', source: { audio: true, video: true }, says: /audio and video are getUserMedia’s names: use microphone and camera/ },
  { name: 'a screen with the sound of getUserMedia', source: { screen: true, audio: true }, says: /use microphone/ },
]) {
  test(`a start with ${name} says what a source is`, async () => {
    const made = new recorder.Recorder({ broker: 'https://broker.example', grant: 'gr_1' });
    const states = [];
    made.addEventListener('state', ({ detail }) => states.push(detail.state));
    await assert.rejects(made.start(source), ({ code, field, message }) => code === 'invalid' && field === 'source' && /MediaStream, or \{ screen, camera, microphone \}/.test(message) && says.test(message));
    assert.deepEqual([states, made.state], [[], 'idle']);
  });
}

test('stop, pause, resume and retry before any start are refused; cancel has nothing to do', async () => {
  const idle = new recorder.Recorder({ broker: 'https://broker.example', grant: 'gr_1' });
  await assert.rejects(idle.stop(), { code: 'invalid-state' });
  await assert.rejects(idle.retry(), { code: 'invalid-state' });
  assert.throws(() => idle.pause(), { code: 'invalid-state' });
  assert.throws(() => idle.resume(), { code: 'invalid-state' });
  await idle.cancel();
});

test('a recovery without a grant is refused', () => {
  assert.throws(() => recorder.Recorder.recover('r1', {}), { name: 'RecorderError', code: 'invalid', field: 'grant' });
});

test('where nothing can be kept nothing is unfinished', async () => {
  assert.deepEqual(await recorder.Recorder.unfinished(), []);
  await assert.rejects(recorder.Recorder.discard('r1'), { code: 'not-found' });
});

test('an empty file and one without a type are refused before anything is opened', async () => {
  const options = { broker: 'https://broker.example', grant: 'gr_1' };
  await assert.rejects(recorder.uploadFile(new Blob([], { type: 'video/mp4' }), options), { code: 'empty' });
  await assert.rejects(recorder.uploadFile(new Blob(['x']), options), { code: 'invalid', field: 'type' });
});

test('an error survives the way out of the Worker', () => {
  const error = new RecorderError('conflict', 'they differ', { reason: 'hole', status: 409, parts: [{ number: 2 }], detail: { recordedBytes: 3, uploadedBytes: 2, partsUploaded: 1, onDevice: true, lostBytes: 0 } });
  const back = fromPlain(structuredClone(toPlain(error)));
  assert.ok(back instanceof RecorderError);
  for (const field of ['name', 'code', 'message', 'reason', 'status', 'parts', 'detail']) assert.deepEqual(back[field], error[field]);
});

for (const { folder, standIns = [] } of [
  { folder: 'web' },
  { folder: 'e2e', standIns: ['lib/no-lightningcss'] },
  { folder: 'e2e/apps', standIns: ['no-sharp'] },
  { folder: 'bench/peers' },
  { folder: 'bench/peers/uppy5' },
  { folder: 'bench/peers/uppy6' },
]) {
  test(`the lock file of ${folder} names no download host`, () => {
    const { packages, ...head } = JSON.parse(readFileSync(new URL(`../../${folder}/package-lock.json`, import.meta.url), 'utf8'));
    const entries = Object.values(packages);
    assert.deepEqual(entries.flatMap(({ resolved = [] }) => resolved), standIns);
    const unfunded = [head, ...entries.map((entry) => ({ ...entry, funding: null }))].map((entry) => JSON.stringify(entry));
    assert.deepEqual(unfunded.filter((entry) => entry.includes('://')), []);
  });
}
