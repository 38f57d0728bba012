/**
 * docs/recorder.md has every option, event, state, error code and finding that the sources have.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Words } from '../messages/words.js';
import * as recorder from '../recorder.js';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const manual = read('../../docs/recorder.md');

/** The words in quotes of a JSDoc union type. */
function unionOf(source, name) {
  const [, union] = new RegExp(`@typedef \\{((?:[^{}])*)\\} ${name}\\b`).exec(source) ?? assert.fail(`there is no type ${name}`);
  return [...union.matchAll(/'([\w-]+)'/g)].map(([, word]) => word);
}

/** The properties of a JSDoc object type. */
function propertiesOf(source, name) {
  const [, rest] = source.split(new RegExp(`@typedef \\{object\\} ${name}\\b`));
  const [block] = (rest ?? assert.fail(`there is no type ${name}`)).split(/@typedef|\*\//);
  return [...block.matchAll(/@property \{.*\} \[?(\w+)\]?/g)].map(([, property]) => property);
}

/** In a code span, alone or with what follows it. */
function has(word) {
  return new RegExp(`\`${word}\\b|[{,] ${word}\\b[^\`]*\``).test(manual);
}

const errors = read('../base/errors.js');
const CODES = [...unionOf(errors, 'BrokerCode'), ...unionOf(errors, 'BrowserCode')];

for (const { what, words } of [
  { what: 'option', words: propertiesOf(read('../recorder.js'), 'RecorderOptions') },
  { what: 'event', words: propertiesOf(read('../recorder.js'), 'RecorderEventMap') },
  { what: 'member', words: Object.getOwnPropertyNames(recorder.Recorder.prototype).filter((name) => name !== 'constructor') },
  { what: 'source', words: propertiesOf(read('../capture/devices.js'), 'CaptureOptions') },
  { what: 'field of the bubble', words: propertiesOf(read('../composite/place.js'), 'BubblePlace') },
  { what: 'field of progress', words: propertiesOf(read('../base/messages.js'), 'Progress') },
  { what: 'field of the result', words: propertiesOf(read('../base/messages.js'), 'Result') },
  { what: 'field of an unfinished recording', words: propertiesOf(read('../job/unfinished.js'), 'Unfinished') },
  { what: 'field of an error', words: propertiesOf(errors, 'ErrorFacts') },
  { what: 'field of what is safe', words: propertiesOf(errors, 'Safe') },
]) {
  test(`the manual has every ${what}`, () => {
    assert.ok(words.length > 2, `found: ${words}`);
    assert.deepEqual(words.filter((word) => !has(word)), []);
  });
}

for (const { what, from, to, words } of [
  { what: 'error code', from: '## Errors', to: '## Findings', words: CODES },
  { what: 'finding', from: '## Findings', to: '## Lines', words: unionOf(read('../check/check.js'), 'CheckName') },
]) {
  test(`the manual has a row for every ${what}, and for no other`, () => {
    const section = manual.slice(manual.indexOf(from), manual.indexOf(to));
    const rows = [...section.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, word]) => word);
    assert.deepEqual(rows.sort(), [...words].sort());
  });
}

test('the manual has every static of Recorder', () => {
  const statics = Object.getOwnPropertyNames(recorder.Recorder).filter((name) => !['length', 'name', 'prototype'].includes(name));
  const written = (name) => `\`Recorder.${name}${typeof recorder.Recorder[name] === 'function' ? '(' : '`'}`;
  assert.deepEqual(statics.map(written).filter((words) => !manual.includes(words)), []);
});

test('the manual has every state', () => {
  const states = unionOf(read('../recorder/ending.js'), 'State');
  const picture = manual.slice(manual.indexOf('idle ─►'), manual.indexOf('## Errors'));
  assert.deepEqual(states.filter((state) => !picture.includes(state)), []);
});

test('the page has words for every error code that can reach it', () => {
  const ours = ['invalid', 'invalid-state', 'cancelled', 'precondition-failed']; // mistakes in calls, and what the person did
  const said = new Set(Object.keys(new Words('record').errors('errors')).map((key) => key.split(' ')[0]));
  assert.deepEqual(CODES.filter((code) => !said.has(code) && !ours.includes(code)), []);
});

test('the manual’s table of bundlers has the versions that are tested', () => {
  const tested = { ...JSON.parse(read('../../e2e/package.json')).devDependencies, ...JSON.parse(read('../../e2e/apps/package.json')).devDependencies };
  const section = manual.slice(manual.indexOf('## npm and bundlers'));
  for (const [name, words] of Object.entries({ vite: 'Vite', next: 'Next.js', webpack: 'webpack', rollup: 'Rollup', esbuild: 'esbuild' })) {
    assert.ok(section.includes(`| ${words} ${tested[name]}`), `no row for ${words} ${tested[name]}`);
  }
});
