import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pages } from '../../../pages/ops/pages.js';

test('forth by the cursors that came, and back by those that were', () => {
  const pages = new Pages();
  assert.deepEqual([pages.cursor, pages.number, pages.hasPrevious, pages.hasNext], ['', 1, false, false]);
  pages.arrived('b');
  pages.forward();
  assert.deepEqual([pages.cursor, pages.number, pages.hasPrevious, pages.hasNext], ['b', 2, true, false]);
  pages.forward();
  assert.equal(pages.cursor, 'b', 'where the third page is, this one has not said yet');
  pages.arrived('c');
  pages.forward();
  pages.arrived();
  assert.deepEqual([pages.cursor, pages.number, pages.hasNext], ['c', 3, false]);
  pages.back();
  assert.deepEqual([pages.cursor, pages.number, pages.hasNext], ['b', 2, false], 'it is asked anew where the next one is');
  pages.back();
  pages.back();
  assert.deepEqual([pages.cursor, pages.number, pages.hasPrevious], ['', 1, false]);
});

test('from the first on again', () => {
  const pages = new Pages();
  pages.arrived('b');
  pages.forward();
  pages.arrived('c');
  pages.first();
  assert.deepEqual([pages.cursor, pages.number, pages.hasPrevious, pages.hasNext], ['', 1, false, false]);
});
