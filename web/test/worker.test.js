/** The Worker's own module, in node: what becomes of a job that could not begin, or has no lock. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Cloud } from './lib/cloud.js';
import { FetchXhr } from './lib/fetch-xhr.js';
import { until } from './lib/job-run.js';

/** Web Locks, of which some tab may hold one. */
class FakeLocks {
  /** @type {Set<string>} */
  held = new Set();

  async request(/** @type {string} */ name, /** @type {object} */ _, /** @type {(lock: object | null) => unknown} */ use) {
    if (this.held.has(name)) return use(null);
    this.held.add(name);
    await use({ name });
    this.held.delete(name);
  }
}

/** @type {FakeLocks} */
let locks;
/** @type {any[]} */
let said;
/** @type {(data: object) => void} */
let post;
/** @type {Cloud} */
let cloud;
let workers = 0;

beforeEach(async () => {
  const heard = new EventTarget();
  said = [];
  locks = new FakeLocks();
  cloud = await new Cloud().start();
  Object.assign(globalThis, {
    postMessage: (/** @type {any} */ message) => said.push(message),
    addEventListener: heard.addEventListener.bind(heard),
    XMLHttpRequest: FetchXhr,
  });
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
  await import(`../worker.js?${++workers}`); // a Worker of its own
  post = (data) => heard.dispatchEvent(new MessageEvent('message', { data }));
});
afterEach(() => {
  nameless.restore();
  return cloud.stop();
});

/** A browser that cannot make the name under which a recording is kept. */
const nameless = {
  begin() { Object.defineProperty(crypto, 'randomUUID', { value: () => { throw new DOMException('not now', 'InvalidStateError'); }, configurable: true }); },
  restore() { delete (/** @type {any} */ (crypto).randomUUID); }, // what the platform has shows again
};

const of = (/** @type {string} */ type) => said.filter((message) => message.type === type);
const failures = () => of('failed').map(({ error }) => error.code);
const failed = (/** @type {number} */ times) => until(() => failures().length === times, `failure ${times}`);

test('a recovery that did not begin begins again by a retry, and lets go of the recording when it fails', async () => {
  locks.held.add('slipway-recording-r1'); // another tab
  post({ type: 'recover', id: 'r1', parallel: 1 });
  await failed(1);
  locks.held.clear();
  for (const times of [2, 3]) {
    post({ type: 'retry' });
    await failed(times);
  }
  assert.deepEqual(failures(), ['invalid-state', 'not-found', 'not-found']);
});

test('a recording that did not begin begins by a retry, with all that was recorded meanwhile', async () => {
  nameless.begin();
  post({ type: 'record', job: { broker: cloud.url, contentType: 'video/mp4', parallel: 1 } });
  post({ type: 'data', blob: new Blob(['abc']), durationMs: 1 });
  await failed(1);
  post({ type: 'data', blob: new Blob(['de']), durationMs: 2 });
  nameless.restore();
  post({ type: 'retry' });
  await until(() => of('progress').at(-1)?.progress.recordedBytes === 5, 'what was recorded');
  post({ type: 'grant', grant: 'gr_1' });
  post({ type: 'cancel' });
  await until(() => of('cancelled').length === 1, 'the cancel');
});

for (const { name, request } of [
  { name: 'rejects', request: async () => { throw new DOMException('denied', 'SecurityError'); } },
  { name: 'throws', request: () => { throw new DOMException('denied', 'SecurityError'); } },
]) {
  test(`where asking for a lock ${name}, a recording begins and completes all the same`, async () => {
    locks.request = request;
    post({ type: 'record', job: { broker: cloud.url, contentType: 'video/mp4', parallel: 1 } });
    post({ type: 'data', blob: new Blob(['abc']), durationMs: 1 });
    post({ type: 'end', durationMs: 1 });
    await until(() => of('need-grant').length === 1, 'the wish for a grant');
    post({ type: 'grant', grant: 'gr_1' });
    await until(() => of('completed').length + of('failed').length === 1, 'the end');
    assert.deepEqual([failures(), of('completed')[0]?.result.size, cloud.object.toString()], [[], 3, 'abc']);
  });
}

test('a cancel of a recovery that did not begin says why the recording could not be discarded', async () => {
  locks.held.add('slipway-recording-r1');
  post({ type: 'recover', id: 'r1', parallel: 1 });
  await failed(1);
  post({ type: 'cancel' });
  await until(() => of('cancelled').length === 1, 'the answer');
  assert.equal(of('cancelled')[0].error?.code, 'invalid-state');
});

test('a cancel of a recording that did not begin has nothing to do', async () => {
  nameless.begin();
  post({ type: 'record', job: { broker: cloud.url, contentType: 'video/mp4', parallel: 1 } });
  await failed(1);
  post({ type: 'cancel' });
  await until(() => of('cancelled').length === 1, 'the answer');
  assert.deepEqual([of('cancelled')[0].error, cloud.requests], [undefined, []]);
});
