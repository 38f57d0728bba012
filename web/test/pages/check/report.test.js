/** What a tester's file holds, and does not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64, reportText, withoutSecrets } from '../../../pages/check/report.js';

for (const [said, told] of [
  ['the grant gr_abc.DEF-1_2 has ended', 'the grant … has ended'],
  ['st_a.b wt_c.d sk_e', '… … …'],
  ['GET https://s3.example/b/k.webm?X-Amz-Signature=12ab failed', 'GET https://s3.example/b/k.webm?… failed'],
  ['watch https://broker.example/watch/2c#wt_x.y', 'watch https://broker.example/watch/2c?…'],
  ['first_grant and best_effort', 'first_grant and best_effort'],
]) {
  test(`${told}: no secret is told`, () => assert.equal(withoutSecrets(said), told));
}

test('none is told wherever it stands', () => {
  const text = reportText({ recordings: [{ troubles: [{ message: 'token st_x.y' }] }] });
  assert.ok(!text.includes('st_x'));
  assert.deepEqual(JSON.parse(text), { recordings: [{ troubles: [{ message: 'token …' }] }] });
});

test('bytes are told as base64', () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i);
  assert.ok(Buffer.from(base64(bytes), 'base64').equals(Buffer.from(bytes)));
});
