import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorMessage } from '../../pages/error-words.js';
import { strings as ops } from '../../pages/ops/strings.js';
import { Words } from '../../messages/words.js';

const words = new Words('record');
const strings = { errors: words.errors('errors'), failures: words.errors('failures') };

const PROMISES = /keeps trying|being saved|goes on|ends here|as soon as/;
const passing = Object.keys(strings.errors).map((key) => key.split(' ')[0])
  .filter((code) => !['device-lost', 'device-muted', 'audio-suspended', 'max-bytes', 'too-many-parts', 'quota-low'].includes(code)); // these end no upload

test('a page that has failed does not promise that it goes on', () => {
  const told = passing.filter((code) => PROMISES.test(errorMessage({ code }, words.errors('errors', 'failures')).text));
  assert.deepEqual(told, []);
});

test('a recovery that another tab is at work on has words of its own', () => {
  const { title } = errorMessage({ code: 'invalid-state' }, { ...strings.errors, ...strings.failures });
  assert.match(title, /[Aa]nother tab/);
});

/** The words of a type of JSDoc, which a test of the broker holds against the broker's own. @param {string} module @param {string} name */
function union(module, name) {
  const code = readFileSync(new URL(`../../${module}`, import.meta.url), 'utf8');
  const [, words] = new RegExp(`@typedef \\{([^}]*)\\} ${name}\\b`).exec(code) ?? [];
  return [...(words ?? '').matchAll(/'([^']+)'/g)].map(([, word]) => word);
}

const CODES = union('base/errors.js', 'BrokerCode');
const REASONS = union('broker/reasons.js', 'BrokerReason');
const PAGES = { 'pages/record': strings.errors, 'pages/ops': ops.errors };

for (const [page, words] of Object.entries(PAGES)) {
  test(`${page} has words for every code of the broker`, () => {
    assert.notDeepEqual(CODES, []);
    assert.deepEqual(CODES.filter((code) => !words[code]), []);
  });
}

test('the pages have words only for reasons that the broker gives', () => {
  assert.notDeepEqual(REASONS, []);
  const told = [...Object.keys(ops.errors), ...Object.keys(ops.staleBecause), ...Object.keys(strings.errors)]
    .map((key) => key.split(' '))
    .filter(([code, reason]) => reason && ['conflict', 'not-found', 'unavailable', 'unauthorized', 'forbidden', 'limited'].includes(code));
  assert.notDeepEqual(told, []);
  assert.deepEqual(told.filter(([, reason]) => !REASONS.includes(reason)), []);
});

for (const { name, error, says } of [
  { name: 'a limit that lasts seconds says in how many', error: { code: 'limited', reason: 'sign-rate', retryAfterMs: 2400 }, says: /in 3 s/ },
  { name: 'a day that is used up says at what time it goes on', error: { code: 'limited', reason: 'daily-bytes', retryAfterMs: 3 * 3_600_000 }, says: /at \d{1,2}:\d\d/ },
  { name: 'too many open recordings say what to do', error: { code: 'limited', reason: 'open-sessions', retryAfterMs: 30_000 }, says: /Finish or discard another one.*in 30 s/ },
]) {
  test(name, () => assert.match(errorMessage(error, strings.errors).text, says));
}
