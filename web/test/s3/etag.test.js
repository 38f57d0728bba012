import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainEtag } from '../../s3/etag.js';

const HEX = '0123456789abcdef0123456789abcdef';

for (const { name, etag, want } of [
  { name: 'as S3 writes it', etag: `"${HEX}"`, want: `"${HEX}"` },
  { name: 'without quotes', etag: HEX, want: `"${HEX}"` },
  { name: 'made weak by a proxy', etag: `W/"${HEX}"`, want: `"${HEX}"` },
  { name: 'of a proxy that compresses', etag: `"${HEX}-gzip"`, want: `"${HEX}"` },
  { name: 'in capitals', etag: `"${HEX.toUpperCase()}"`, want: `"${HEX}"` },
  { name: 'of an object, in capitals', etag: `"${HEX.toUpperCase()}-3"`, want: `"${HEX}-3"` },
  { name: 'that is no hex keeps its case', etag: '"aB-xyz"', want: '"aB-xyz"' },
  { name: 'that is empty', etag: '""', want: undefined },
  { name: 'that is hidden', etag: null, want: undefined },
]) test(`an ETag ${name}`, () => assert.equal(plainEtag(etag), want));
