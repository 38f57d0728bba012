/**
 * Every language says all that English says, with the same values in it.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chooseLanguage, LANGUAGES } from '../../messages/load.js';
import { Words } from '../../messages/words.js';

const FOLDER = new URL('../../messages/', import.meta.url);
const read = (language) => JSON.parse(readFileSync(new URL(`${language}.json`, FOLDER), 'utf8'));
const en = read('en');
const PLURALS = ['zero', 'one', 'two', 'few', 'many', 'other'];
const isPlural = (entry) => typeof entry === 'object' && !Array.isArray(entry) && 'other' in entry;

/** Each sentence under its path. Plurals are one sentence: a language has the forms that it needs. */
function* sentences(entry, path = []) {
  if (typeof entry === 'string') yield [path.join(' › '), entry];
  else if (isPlural(entry)) yield [path.join(' › '), entry.other];
  else for (const [key, value] of Object.entries(entry)) yield* sentences(value, [...path, key]);
}

function* plurals(entry, path = []) {
  if (isPlural(entry)) yield [path.join(' › '), entry];
  else if (typeof entry === 'object') for (const [key, value] of Object.entries(entry)) yield* plurals(value, [...path, key]);
}

const placeholders = (sentence) => [...new Set(sentence.match(/\{\w+\}/g))].sort();
const of = (language) => new Map(sentences(read(language)));
const english = of('en');

test('there is a file for each language, and a language for each file', () => {
  assert.deepEqual(readdirSync(FOLDER).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5)).sort(), [...LANGUAGES].sort());
});

for (const language of LANGUAGES.filter((language) => language !== 'en')) {
  test(`${language} lacks no sentence, and has none that nobody says`, () => {
    assert.deepEqual([...of(language).keys()].sort(), [...english.keys()].sort());
  });

  test(`${language} has the same values in each sentence, and leaves none empty`, () => {
    const said = of(language);
    const wrong = [...english].filter(([path, text]) => {
      const other = said.get(path) ?? '';
      return placeholders(text).join() !== placeholders(other).join() || (text === '') !== (other === '');
    });
    assert.deepEqual(wrong.map(([path]) => path), []);
  });

  test(`${language} has a form for each number it tells apart, with the number in it`, () => {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [path, forms] of plurals(read(language))) {
      assert.deepEqual(Object.keys(forms).sort(), PLURALS.filter((form) => needed.includes(form)).sort(), path);
      for (const form of Object.values(forms)) assert.deepEqual(placeholders(form), placeholders(forms.other), path);
    }
  });
}

for (const { wanted, is } of [
  { wanted: ['de-AT', 'en'], is: 'de' }, { wanted: ['nl', 'fr-CA', 'en'], is: 'fr' }, { wanted: [null, 'pt-BR'], is: 'pt' },
  { wanted: ['zh-CN'], is: 'en' }, { wanted: ['JA_jp'], is: 'ja' }, { wanted: [], is: 'en' },
]) {
  test(`somebody who reads ${wanted.join(', ') || 'we do not know what'} gets ${is}`, () => assert.equal(chooseLanguage(wanted), is));
}

for (const { lang, count, says } of [
  { lang: 'en', count: 1, says: /1 more minute\./ }, { lang: 'en', count: 2, says: /2 more minutes\./ },
  { lang: 'fr', count: 0, says: /0 minute de/ }, { lang: 'fr', count: 2, says: /2 minutes de/ }, { lang: 'ja', count: 1200, says: /約 1,200 分/ },
]) {
  test(`${count} in ${lang}: ${says}`, () => assert.match(new Words('record', read(lang), lang).text('roomFor', { count }), says));
}

test('bytes and waits are in the language too', () => {
  const words = new Words('record', read('de'), 'de');
  assert.equal(words.bytes(12_400_000), '12,4 MB');
  const [, text] = words.errors('errors')['limited daily-bytes'](5000);
  assert.match(text, /in 5 s/);
});
