import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isBlack, MAX_POSTER_BYTES } from '../../capture/poster.js';

/** A frame of 64 by 36 in one colour, with so many pixels in another. @param {number[]} ground @param {number} [spots] @param {number[]} [colour] */
function frame(ground, spots = 0, colour = [255, 255, 255, 255]) {
  return Uint8ClampedArray.from(Array.from({ length: 64 * 36 }, (_, i) => (i < spots ? colour : ground)).flat());
}

for (const { name, pixels, black } of [
  { name: 'nothing drawn', pixels: frame([0, 0, 0, 0]), black: true },
  { name: 'black', pixels: frame([0, 0, 0, 255]), black: true },
  { name: 'the noise of a camera in the dark', pixels: frame([32, 31, 30, 255]), black: true },
  { name: 'just not black', pixels: frame([0, 33, 0, 255]), black: false },
  { name: 'blue', pixels: frame([0, 0, 255, 255]), black: false },
  { name: 'white', pixels: frame([255, 255, 255, 255]), black: false },
  { name: 'a cursor', pixels: frame([0, 0, 0, 255], 11), black: true },
  { name: 'a line of text', pixels: frame([0, 0, 0, 255], 12), black: false },
]) {
  test(`${name} is ${black ? '' : 'not '}black`, () => assert.equal(isBlack(pixels), black));
}

test('a poster is as large as the broker takes', () => {
  const source = readFileSync(new URL('../../../internal/session/poster.go', import.meta.url), 'utf8');
  assert.equal(MAX_POSTER_BYTES, Number(/MaxPosterBytes = ([\d_]+)/.exec(source)?.[1].replaceAll('_', '')));
});
