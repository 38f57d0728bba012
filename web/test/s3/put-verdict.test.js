import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../s3/put-verdict.js';

const answered = (status, text = '', retryAfter = null) => ({ kind: 'answered', status, etag: null, retryAfter, text });
const xml = (code, message = '') => `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;

for (const { name, outcome, code, resign, bounded } of [
  { name: 'silence', outcome: { kind: 'network' }, code: 'offline', resign: true, bounded: false },
  { name: 'a cut PUT', outcome: { kind: 'stalled' }, code: 'offline', resign: true, bounded: false },
  { name: '403', outcome: answered(403, xml('AccessDenied')), code: 's3', resign: true, bounded: false },
  { name: '403, expired', outcome: answered(403, xml('AccessDenied', 'Request has expired')), code: 'url-expired', resign: true, bounded: false },
  { name: '500', outcome: answered(500), code: 's3', resign: false, bounded: false },
  { name: '503', outcome: answered(503, xml('SlowDown')), code: 's3', resign: false, bounded: false },
  { name: '429', outcome: answered(429), code: 's3', resign: false, bounded: false },
  { name: '400 RequestTimeout', outcome: answered(400, xml('RequestTimeout')), code: 's3', resign: false, bounded: false },
  { name: '400', outcome: answered(400, xml('BadDigest')), code: 's3', resign: true, bounded: true },
  { name: '400 without S3’s code', outcome: answered(400, '<h1>no</h1>'), code: 'offline', resign: true, bounded: false },
  { name: '403 without S3’s code', outcome: answered(403), code: 'offline', resign: true, bounded: false },
  { name: '413 of a proxy', outcome: answered(413), code: 'offline', resign: true, bounded: false },
  { name: '404', outcome: answered(404, xml('NoSuchUpload')), code: 's3', resign: true, bounded: true },
]) {
  test(`${name}: ${resign ? 'a fresh' : 'the same'} URL, ${bounded ? 'a few times' : 'as long as it takes'}`, () => {
    const verdict = judge(outcome, 3);
    assert.deepEqual({ code: verdict.error.code, resign: verdict.resign, bounded: verdict.bounded }, { code, resign, bounded });
  });
}

test('success needs no verdict', () => assert.equal(judge(answered(200), 1), null));

test("S3's code and its wish to wait are told", () => {
  const { error } = judge(answered(503, xml('SlowDown'), '2'), 7);
  assert.equal(error.reason, 'SlowDown');
  assert.equal(error.retryAfterMs, 2000);
  assert.match(error.message, /part 7/);
});
