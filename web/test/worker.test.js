/** The Worker's own module, in node: what becomes of a job that could not begin. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Cloud } from './cloud.js';
import { until } from './job-run.js';

/** Web Locks, of which some tab may hold one. */
class FakeLocks {
  /** @type {Set<string>} */
  held = new Set();
  broken = false;

  async request(/** @type {string} */ name, /** @type {object} */ _, /** @type {(lock: object | null) => unknown} */ use) {
    if (this.broken) throw new DOMException('not now', 'InvalidStateError');
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
  });
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
  await import(`../worker.js?${++workers}`); // a Worker of its own
  post = (data) => heard.dispatchEvent(new MessageEvent('message', { data }));
});
afterEach(() => cloud.stop());

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
  locks.broken = true;
  post({ type: 'record', job: { broker: cloud.url, contentType: 'video/mp4', parallel: 1 } });
  post({ type: 'data', blob: new Blob(['abc']), durationMs: 1 });
  await failed(1);
  post({ type: 'data', blob: new Blob(['de']), durationMs: 2 });
  locks.broken = false;
  post({ type: 'retry' });
  await until(() => of('progress').at(-1)?.progress.recordedBytes === 5, 'what was recorded');
  post({ type: 'grant', grant: 'gr_1' });
  post({ type: 'cancel' });
  await until(() => of('cancelled').length === 1, 'the cancel');
});

test('a cancel of a recovery that did not begin says why the recording could not be discarded', async () => {
  locks.held.add('slipway-recording-r1');
  post({ type: 'recover', id: 'r1', parallel: 1 });
  await failed(1);
  post({ type: 'cancel' });
  await until(() => of('cancelled').length === 1, 'the answer');
  assert.equal(of('cancelled')[0].error?.code, 'invalid-state');
});

test('a cancel of a recording that did not begin has nothing to do', async () => {
  locks.broken = true;
  post({ type: 'record', job: { broker: cloud.url, contentType: 'video/mp4', parallel: 1 } });
  await failed(1);
  post({ type: 'cancel' });
  await until(() => of('cancelled').length === 1, 'the answer');
  assert.deepEqual([of('cancelled')[0].error, cloud.requests], [undefined, []]);
});
