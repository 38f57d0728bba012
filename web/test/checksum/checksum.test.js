import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { checksumOf, isKnown } from '../../checksum/checksum.js';
import { crc32c } from '../../checksum/crc32c.js';
import { md5 } from '../../checksum/md5.js';

/** @param {Uint8Array} bytes */
const hex = (bytes) => Buffer.from(bytes).toString('hex');
/** @param {string} text */
const bytesOf = (text) => new TextEncoder().encode(text);

/** RFC 1321, A.5. */
const MD5_SUITE = {
  '': 'd41d8cd98f00b204e9800998ecf8427e',
  'a': '0cc175b9c0f1b6a831c399e269772661',
  'abc': '900150983cd24fb0d6963f7d28e17f72',
  'message digest': 'f96b697d7cb7938d525a2f31aaf161d0',
  'abcdefghijklmnopqrstuvwxyz': 'c3fcd3d76192e4007dfb496cca67e13b',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789': 'd174ab98d277d9f5a5611c2c9f419d9f',
  '12345678901234567890123456789012345678901234567890123456789012345678901234567890': '57edf4a22be3c955ac49da2e2107b67a',
};

for (const [text, want] of Object.entries(MD5_SUITE)) {
  test(`the MD5 of "${text.slice(0, 30)}"`, () => assert.equal(hex(md5(bytesOf(text))), want));
}

/** RFC 3720, B.4, which writes the lowest byte first; S3 wants the highest first. */
const CRC_VECTORS = {
  '32 zeros': [new Uint8Array(32), 'aa36918a'],
  '32 ones': [new Uint8Array(32).fill(0xff), '43aba862'],
  '32 that rise': [Uint8Array.from({ length: 32 }, (_, i) => i), '4e79dd46'],
  '32 that fall': [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), '5cdb3f11'],
  'a read command': [Uint8Array.from(Buffer.from(
    '01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000', 'hex')), '563a96d9'],
};

for (const [name, [bytes, lowestFirst]] of Object.entries(CRC_VECTORS)) {
  test(`the CRC32C of ${name}`, () => assert.equal(hex(crc32c(bytes).reverse()), lowestFirst));
}

test('every length up to some blocks, from wherever in a buffer', () => {
  const all = Uint8Array.from({ length: 600 }, (_, i) => i * 167 >>> 3);
  for (let length = 0; length <= 300; length++) {
    for (const from of [0, 4, 64]) {
      const bytes = all.subarray(from, from + length);
      assert.equal(hex(md5(bytes)), createHash('md5').update(bytes).digest('hex'), `MD5 of ${length} from ${from}`);
      assert.equal(hex(crc32c(bytes)), bitByBit(bytes), `CRC32C of ${length} from ${from}`);
    }
  }
});

/** As the definition has it. @param {Uint8Array} bytes */
function bitByBit(bytes) {
  let crc = ~0;
  for (const byte of bytes) for (let bit = 0; bit < 8; bit++) crc = (crc ^ byte >> bit) & 1 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
  return (~crc >>> 0).toString(16).padStart(8, '0');
}

test('a Blob’s checksum in base64, by the name that a session has', async () => {
  const blob = new Blob(['abc']);
  assert.equal(await checksumOf('sha256', blob), 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=');
  assert.equal(await checksumOf('md5', blob), 'kAFQmDzST7DWlj99KOF/cg==');
  assert.equal(await checksumOf('crc32c', blob), 'Nks/tw==');
  assert.equal(await checksumOf('none', blob), undefined);
  assert.deepEqual(['none', 'sha256', 'crc32c', 'md5', 'auto', 'toString'].map(isKnown), [true, true, true, true, false, false]);
});
