import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { deferred } from '../../../base/deferred.js';
import { Refresher } from '../../../pages/ops/refresher.js';

/** A Refresher whose looks end when they are told to. @param {{everyMs: number, restMs: number}} how */
function looking(how) {
  const looks = [];
  const refresher = new Refresher((signal) => {
    const look = { signal, ...deferred() };
    looks.push(look);
    return look.promise;
  }, how);
  return { looks, refresher };
}

/** @param {() => boolean} is */
async function until(is) {
  while (!is()) await pause(1);
}

test('it looks again and again', async () => {
  const { looks, refresher } = looking({ everyMs: 1, restMs: 1 });
  void refresher.now();
  for (let n = 1; n < 4; n++) {
    await until(() => looks.length === n);
    looks[n - 1].resolve();
  }
  refresher.stop();
});

test('many hints make one look, and one in the midst of a look makes another', async () => {
  const { looks, refresher } = looking({ everyMs: 1e6, restMs: 5 });
  void refresher.now();
  looks[0].resolve();
  await pause(1);
  for (let n = 0; n < 100; n++) refresher.hint();
  await until(() => looks.length === 2);
  await pause(20);
  assert.equal(looks.length, 2, 'one at a time');
  refresher.hint();
  looks[1].resolve();
  await until(() => looks.length === 3);
  looks[2].resolve();
  await pause(20);
  assert.equal(looks.length, 3, 'no hint, no look');
  refresher.stop();
});

test('hints without end do not put a look off', async () => {
  const { looks, refresher } = looking({ everyMs: 1e6, restMs: 10 });
  void refresher.now();
  looks[0].resolve();
  await pause(1);
  const hints = setInterval(() => refresher.hint(), 1);
  await until(() => looks.length === 2);
  clearInterval(hints);
  refresher.stop();
});

test('a hint does not give up a look that is under way', async () => {
  const { looks, refresher } = looking({ everyMs: 1e6, restMs: 1 });
  void refresher.now();
  refresher.hint();
  await pause(20);
  assert.ok(!looks[0].signal.aborted);
  assert.equal(looks.length, 1);
  refresher.stop();
});

test('what is wanted now gives up the look before', async () => {
  const { looks, refresher } = looking({ everyMs: 1, restMs: 1 });
  void refresher.now();
  void refresher.now();
  assert.ok(looks[0].signal.aborted);
  assert.ok(!looks[1].signal.aborted);
  looks[0].resolve();
  await pause(10);
  assert.equal(looks.length, 2, 'the one given up plans nothing');
  refresher.stop();
});

test('after a stop there is no look, whatever is hinted', async () => {
  const { looks, refresher } = looking({ everyMs: 1, restMs: 1 });
  void refresher.now();
  refresher.stop();
  looks[0].resolve();
  refresher.hint();
  await pause(10);
  assert.equal(looks.length, 1);
});
