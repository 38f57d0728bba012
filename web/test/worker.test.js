/** The Worker's own module, in node: what it answers where its job cannot begin. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './job-run.js';

test('a retry of a job that did not begin is answered by why', async () => {
  /** @type {any[]} */
  const said = [];
  const heard = new EventTarget();
  Object.assign(globalThis, {
    postMessage: (/** @type {any} */ message) => said.push(message),
    addEventListener: heard.addEventListener.bind(heard),
  });
  await import('../worker.js');
  const post = (/** @type {object} */ data) => heard.dispatchEvent(new MessageEvent('message', { data }));
  const failures = () => said.filter(({ type }) => type === 'failed').map(({ error }) => error.code);
  post({ type: 'recover', id: 'none', parallel: 1 });
  await until(() => failures().length === 1, 'its failure');
  post({ type: 'retry' });
  await until(() => failures().length === 2, 'the answer to the retry');
  assert.deepEqual(failures(), ['not-found', 'not-found']);
});
