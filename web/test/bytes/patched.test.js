import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patched } from '../../bytes/patched.js';

const text = (bytes) => new TextEncoder().encode(bytes);

for (const { name, patches, want } of [
  { name: 'none', patches: [], want: '0123456789' },
  { name: 'at both ends, in any order', patches: [{ at: 8, bytes: text('yz') }, { at: 0, bytes: text('ab') }], want: 'ab234567yz' },
  { name: 'side by side', patches: [{ at: 2, bytes: text('ab') }, { at: 4, bytes: text('cd') }], want: '01abcd6789' },
]) {
  test(`patches: ${name}`, async () => assert.equal(await patched(new Blob(['0123456789']), patches).text(), want));
}
