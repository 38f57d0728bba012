/**
 * What the page refuses is what the broker would refuse, by the broker's own limits.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, test } from 'node:test';
import { Recorder, uploadFile } from '../../recorder.js';
import { fittingName, LIMITS, ON_ABANDON } from '../../recorder/acceptable.js';
import { handedOver, installPage, workers } from '../lib/fake-page.js';

const read = (path) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const options = { broker: 'https://b.example', grant: 'gr_1' };

beforeEach(() => installPage());

/** @param {object} given @returns {string | null} the field that is refused */
function refused(given) {
  try {
    new Recorder({ ...options, ...given });
    return null;
  } catch (error) {
    assert.equal(error.code, 'invalid');
    return error.field;
  }
}

test('half of a surrogate pair is refused, and a file whose name has one gets another name', () => {
  assert.equal(refused({ name: 'Hello \ud83d' }), 'name');
  assert.equal(refused({ metadata: { title: '\ude00 hello' } }), 'metadata.title');
  assert.equal(refused({ name: 'Hello \u{1f600}' }), null);
  assert.equal(fittingName('cut \ud83d.mp4'), 'cut \ufffd.mp4');
});

test('the limits are those of the broker', () => {
  const source = read('internal/session/metadata.go');
  const limit = (name) => Number(new RegExp(`^\\s+${name}\\s+= (\\d+)`, 'm').exec(source)?.[1] ?? assert.fail(`no ${name}`));
  assert.deepEqual(LIMITS, {
    name: limit('MaxNameBytes'), entries: limit('maxMetadata'), metadataName: limit('maxMetadataName'),
    metadataValue: limit('maxMetadataValue'), together: limit('maxMetadataBytes'),
  });
});

test('the longest recording that a claim may tell of is the same everywhere', () => {
  const contract = read('api/openapi.yaml');
  const [, most] = /MAX_DURATION_MS = ([\d_]+);/.exec(read('web/s3/parts-uploader.js')) ?? assert.fail('no limit');
  const claim = contract.slice(contract.indexOf('    Claim:'), contract.indexOf('    Completed:'));
  assert.equal(/duration_ms: .*maximum: (\d+)/.exec(claim)?.[1], most.replaceAll('_', ''));
  const [, days] = /MaxDuration = (\d+) \* 24 \* time\.Hour/.exec(read('internal/session/claim.go')) ?? assert.fail('no limit');
  assert.equal(Number(days) * 86_400_000, Number(most.replaceAll('_', '')));
});

test('the limits are those of the contract', () => {
  const contract = read('api/openapi.yaml');
  const open = contract.slice(contract.indexOf('    OpenRequest:'), contract.indexOf('    Opened:'));
  for (const [what, limit] of [
    [/name: \{type: string, maxLength: (\d+)/, LIMITS.name],
    [/maxProperties: (\d+)/, LIMITS.entries],
    [/additionalProperties: \{type: string, maxLength: (\d+)/, LIMITS.metadataValue],
    [/at most (\d+) long/, LIMITS.metadataName],
    [/at most ([\d,]+) bytes \(S3's limit\)/, LIMITS.together],
  ]) assert.equal(Number(what.exec(open)?.[1].replace(',', '')), limit, String(what));
  const [, words] = /OnAbandon: \{type: string, enum: \[([^\]]+)\]/.exec(contract) ?? assert.fail('no OnAbandon');
  assert.deepEqual(words.split(', '), ON_ABANDON);
});

for (const { name, given, field } of [
  { name: 'a name of as many bytes as there may be', given: { name: 'é'.repeat(127) + 'a' }, field: null },
  { name: 'a name of one byte more', given: { name: 'é'.repeat(128) }, field: 'name' },
  { name: 'a name with a line break', given: { name: 'one\ntwo' }, field: 'name' },
  { name: 'a name with a control character of Latin-1', given: { name: 'one\u0085two' }, field: 'name' },
  { name: 'a name that is a number', given: { name: 7 }, field: 'name' },
  { name: 'no name', given: { name: undefined, metadata: undefined }, field: null },
  { name: 'metadata', given: { metadata: { 'user-id': '7', note: 'schön' } }, field: null },
  { name: 'a name in metadata with a capital', given: { metadata: { userId: '7' } }, field: 'metadata.userId' },
  { name: 'a name in metadata that is the broker’s own', given: { metadata: { 'slipway-owner': 'x' } }, field: 'metadata.slipway-owner' },
  { name: 'an empty name in metadata', given: { metadata: { '': 'x' } }, field: 'metadata.' },
  { name: 'a name in metadata as long as it may be', given: { metadata: { ['a'.repeat(40)]: 'x' } }, field: null },
  { name: 'a longer one', given: { metadata: { ['a'.repeat(41)]: 'x' } }, field: `metadata.${'a'.repeat(41)}` },
  { name: 'metadata that is a number', given: { metadata: { user: 7 } }, field: 'metadata.user' },
  { name: 'metadata that is null', given: { metadata: { user: null } }, field: 'metadata.user' },
  { name: 'metadata that is a list', given: { metadata: ['x'] }, field: 'metadata' },
  { name: 'metadata that is a string', given: { metadata: 'user=7' }, field: 'metadata' },
  { name: 'metadata as long as it may be', given: { metadata: { user: 'x'.repeat(512) } }, field: null },
  { name: 'longer metadata', given: { metadata: { user: 'x'.repeat(513) } }, field: 'metadata.user' },
  { name: 'as many entries as there may be', given: { metadata: entries(16) }, field: null },
  { name: 'one more', given: { metadata: entries(17) }, field: 'metadata' },
  { name: 'metadata that grows too large as S3 keeps it', given: { metadata: { a: 'é'.repeat(200), b: 'é'.repeat(200) } }, field: 'metadata' },
  { name: 'metadata that does so together with the name', given: { name: 'é'.repeat(127), metadata: { a: 'é'.repeat(203) } }, field: 'metadata' },
  { name: 'a limit of no bytes', given: { maxBytes: 0 }, field: 'maxBytes' },
  { name: 'a limit that is no whole number', given: { maxBytes: 1.5 }, field: 'maxBytes' },
  { name: 'a limit', given: { maxBytes: 1 }, field: null },
  { name: 'a word for what to do with what is abandoned that is none', given: { onAbandon: 'keep' }, field: 'onAbandon' },
]) {
  test(`${name}: ${field === null ? 'taken' : 'refused, before anything is recorded'}`, () => assert.equal(refused(given), field));
}

function entries(count) {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, 'x']));
}

test('a file whose own name is too long goes up under a shorter one, with its extension', async () => {
  const file = Object.assign(new Blob(['x'], { type: 'video/mp4' }), { name: '録'.repeat(100) + '.mp4' });
  void uploadFile(file, options).catch(() => {});
  await handedOver();
  const { job } = workers[0].posted.find(({ type }) => type === 'send');
  assert.equal(job.name, '録'.repeat(83) + '.mp4');
  assert.ok(new TextEncoder().encode(job.name).length <= LIMITS.name);
});

test('a name that is given to uploadFile is judged, not shortened', async () => {
  await assert.rejects(uploadFile(new Blob(['x'], { type: 'video/mp4' }), { ...options, name: 'a'.repeat(256) }), { code: 'invalid', field: 'name' });
  assert.equal(workers.length, 0);
});

for (const { name, wanted } of [
  { name: 'holiday.mp4', wanted: 'holiday.mp4' },
  { name: 'one\ntwo.mp4', wanted: 'one two.mp4' },
  { name: '\n', wanted: undefined },
  { name: 'a'.repeat(300), wanted: 'a'.repeat(255) },
  { name: `${'a'.repeat(300)}.webm`, wanted: `${'a'.repeat(250)}.webm` },
  { name: `${'👍'.repeat(70)}.mkv`, wanted: `${'👍'.repeat(62)}.mkv` },
  { name: `a.${'b'.repeat(300)}`, wanted: `a.${'b'.repeat(253)}` },
]) {
  test(`the name that fits for ${JSON.stringify(name.slice(0, 12))} of ${name.length}`, () => assert.equal(fittingName(name), wanted));
}
