import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignedUrl } from '../../s3/signed-url.js';

const answer = (expires_in_ms) => ({ number: 1, url: 'https://s3.example/1', headers: { 'Content-Length': '5', Host: 'x', 'x-amz-checksum-sha256': 'abc=' }, expires_in_ms });

for (const { name, life, now, usable } of [
  { name: 'fresh', life: 900_000, now: 1000, usable: true },
  { name: 'one millisecond before its margin', life: 900_000, now: 1000 + 885_000 - 1, usable: true },
  { name: 'at its margin', life: 900_000, now: 1000 + 885_000, usable: false },
  { name: 'expired', life: 900_000, now: 1000 + 900_000, usable: false },
  { name: 'short-lived, before a quarter of its life is left', life: 4000, now: 1000 + 2999, usable: true },
  { name: 'short-lived, with a quarter of its life left', life: 4000, now: 1000 + 3000, usable: false },
  { name: 'without any life', life: 0, now: 1000, usable: false },
]) {
  test(`a URL ${name} is ${usable ? '' : 'not '}usable`, () => assert.equal(new SignedUrl(answer(life), 1000).usable(now), usable));
}

test('the headers a browser sends itself are left out', () => {
  assert.deepEqual(new SignedUrl(answer(1), 0).headers, { 'x-amz-checksum-sha256': 'abc=' });
});
