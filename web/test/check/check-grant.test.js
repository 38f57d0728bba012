/** Recorder.check() says what came in place of a grant, and shows no secret. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeGrant } from '../../check/check-grant.js';

const SECRET = 'eyJvIjoiYW5uIn0.c2VjcmV0LXNpZ25hdHVyZQ';

test('a grant is one', () => {
  assert.deepEqual(judgeGrant(`gr_${SECRET}`), { name: 'grant', ok: true, detail: 'there is one' });
});

for (const { name, came, says, mend } of [
  { name: 'nothing', came: undefined, says: /it is undefined/, mend: /r\.text\(\)/ },
  { name: 'an empty text', came: '', says: /it is empty/, mend: /r\.text\(\)/ },
  { name: 'the broker’s whole answer, as an object', came: { grant: `gr_${SECRET}` }, says: /it is object/, mend: /answer\.grant/ },
  { name: 'the broker’s whole answer, as a text', came: `{"grant":"gr_${SECRET}"}`, says: /begins with “\{"grant":"…”/, mend: /answer\.grant/ },
  { name: 'an error page', came: '<!doctype html><html lang="en"><title>Not found', says: /begins with “<!doctype html><html…”/, mend: /r\.text\(\)/ },
  { name: 'a short word', came: 'no', says: /begins with “no”/, mend: /r\.text\(\)/ },
  { name: 'an API key', came: `sk_${SECRET}`, says: /API key.*never/, mend: /r\.text\(\)/ },
  { name: 'a session’s token', came: `st_${SECRET}`, says: /begins with “…”/, mend: /r\.text\(\)/ },
  { name: 'a header’s value', came: `Bearer gr_${SECRET}`, says: /begins with “Bearer …”/, mend: /r\.text\(\)/ },
  { name: 'a grant with a line end', came: `gr_${SECRET}\n`, says: /line ends/, mend: /trim\(\)/ },
]) {
  test(`${name} is none`, () => {
    const finding = judgeGrant(came);
    assert.equal(finding.ok, false);
    assert.match(finding.detail, says);
    assert.match(finding.mend, mend);
    assert.doesNotMatch(JSON.stringify(finding), /eyJ/, 'a secret is shown');
  });
}
