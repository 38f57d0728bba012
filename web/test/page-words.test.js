import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorMessage } from '../pages/error-words.js';
import { strings } from '../pages/record-strings.js';

const PROMISES = /keeps trying|being saved|goes on|ends here|as soon as/;
const passing = Object.keys(strings.errors).map((key) => key.split(' ')[0])
  .filter((code) => !['device-lost', 'max-bytes', 'too-many-parts', 'quota-low'].includes(code)); // these end no upload

test('a page that has failed does not promise that it goes on', () => {
  const words = { ...strings.errors, ...strings.failures };
  const told = passing.filter((code) => PROMISES.test(errorMessage({ code }, words).text));
  assert.deepEqual(told, []);
});

test('a recovery that another tab is at work on has words of its own', () => {
  const { title } = errorMessage({ code: 'invalid-state' }, { ...strings.errors, ...strings.failures });
  assert.match(title, /[Aa]nother tab/);
});
