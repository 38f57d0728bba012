/** What stands behind the `#` of a link. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayBeShared, readFragment, readTime, writeFragment } from '../../../pages/watch/fragment.js';

for (const [hash, token, at] of [
  ['', '', 0], ['#', '', 0], ['#wt_a.b', 'wt_a.b', 0], ['#wt_a.b&t=90', 'wt_a.b', 90], ['#t=1m30s', '', 90], ['#t=90&wt_a.b', 'wt_a.b', 90],
  ['#gr_a.b', 'gr_a.b', 0], ['#wt_a.b&t=soon', 'wt_a.b', 0], ['#wt_a.b&t=-5', 'wt_a.b', 0], ['#wt_a.b&x=1', 'wt_a.b', 0],
]) {
  test(`"${hash}" has the token "${token}" and starts at ${at} s`, () => assert.deepEqual(readFragment(hash), { token, at }));
}

for (const [text, seconds] of [
  ['90', 90], ['90.5', 90.5], ['90s', 90], ['1m30s', 90], ['1m30', 90], ['2m', 120], ['1h', 3600], ['1h2m3s', 3723], ['1h3s', 3603], ['1:30', 90], ['1:02:03', 3723], ['0', 0],
  ['', null], ['x', null], ['-1', null], ['1e3', null], ['3s1m', null], ['1:3', null], ['1m30s!', null], ['Infinity', null],
]) {
  test(`"${text}" is ${seconds === null ? 'no time' : `${seconds} s`}`, () => assert.equal(readTime(text), seconds));
}

for (const [what, hash] of [
  [{ token: 'wt_a', at: 90.7 }, '#wt_a&t=1m30s'], [{ token: 'wt_a', at: 0.9 }, '#wt_a'], [{ token: 'wt_a', at: 1 }, '#wt_a&t=1s'],
  [{ token: '', at: 45 }, '#t=45s'], [{ token: '', at: 0 }, ''], [{ token: '', at: 3605 }, '#t=1h0m5s'], [{ token: '', at: 3600 }, '#t=1h0m0s'],
]) {
  test(`${JSON.stringify(what)} is written as "${hash}", and read again`, () => {
    assert.equal(writeFragment(what), hash);
    assert.deepEqual(readFragment(hash), { token: what.token, at: what.at < 1 ? 0 : Math.floor(what.at) });
  });
}

test('a grant and a session token are for nobody else', () => {
  assert.deepEqual(['', 'wt_a', 'gr_a', 'st_a', 'x'].map(mayBeShared), [true, true, false, false, false]);
});
