/**
 * MD5 (RFC 1321; test suite in A.5), for `Content-MD5`. It keeps accidents out of a part, and not an attacker: whoever sends
 * the part has its URL.
 *
 * The order of each sum matters to the speed: a word and its constant do not depend on the step before.
 */

const BLOCK = 64;
const WORDS = BLOCK / 4;
/** How long the message is stands in the last eight bytes, in bits. */
const LENGTH_BYTES = 8;

/** T of the RFC: the first 32 bits behind the point of sines. */
const T = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));

/**
 * @param {Uint8Array<ArrayBuffer>} bytes that begin at a multiple of four in their buffer
 * @returns {Uint8Array} sixteen bytes
 */
export function md5(bytes) {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const whole = Math.floor(bytes.length / BLOCK) * BLOCK;
  digest(state, new Int32Array(bytes.buffer, bytes.byteOffset, whole / 4));
  digest(state, new Int32Array(padded(bytes.subarray(whole), bytes.length).buffer));
  return new Uint8Array(state.buffer);
}

/** @param {Int32Array} state changes @param {Int32Array} x whole blocks, the first byte of each word lowest */
function digest(state, x) {
  for (let at = 0; at < x.length; at += WORDS) digestBlock(state, x, at);
}

/** @param {Uint8Array} rest what is no whole block @param {number} length of the message in bytes */
function padded(rest, length) {
  const end = new Uint8Array(rest.length < BLOCK - LENGTH_BYTES ? BLOCK : 2 * BLOCK);
  end.set(rest);
  end[rest.length] = 0x80;
  new DataView(end.buffer).setBigUint64(end.length - LENGTH_BYTES, BigInt(length) * 8n, true);
  return end;
}

/**
 * A function of its own, as V8 compiles what is called often; a long loop it compiles while that runs, and gives the result
 * up at its end: half as fast, or a third (Node 20, measured 2026-11-29).
 *
 * @param {Int32Array} state changes @param {Int32Array} x @param {number} at where the block begins
 */
function digestBlock(state, x, at) {
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  for (let i = 0; i < 16; i += 4) {
    a = (x[at + i] + T[i] | 0) + a + (d ^ b & (c ^ d)) | 0; a = (a << 7 | a >>> 25) + b | 0;
    d = (x[at + i + 1] + T[i + 1] | 0) + d + (c ^ a & (b ^ c)) | 0; d = (d << 12 | d >>> 20) + a | 0;
    c = (x[at + i + 2] + T[i + 2] | 0) + c + (b ^ d & (a ^ b)) | 0; c = (c << 17 | c >>> 15) + d | 0;
    b = (x[at + i + 3] + T[i + 3] | 0) + b + (a ^ c & (d ^ a)) | 0; b = (b << 22 | b >>> 10) + c | 0;
  }
  for (let i = 16, k = 1; i < 32; i += 4, k += 20) {
    a = (x[at + (k & 15)] + T[i] | 0) + a + (c ^ d & (b ^ c)) | 0; a = (a << 5 | a >>> 27) + b | 0;
    d = (x[at + (k + 5 & 15)] + T[i + 1] | 0) + d + (b ^ c & (a ^ b)) | 0; d = (d << 9 | d >>> 23) + a | 0;
    c = (x[at + (k + 10 & 15)] + T[i + 2] | 0) + c + (a ^ b & (d ^ a)) | 0; c = (c << 14 | c >>> 18) + d | 0;
    b = (x[at + (k + 15 & 15)] + T[i + 3] | 0) + b + (d ^ a & (c ^ d)) | 0; b = (b << 20 | b >>> 12) + c | 0;
  }
  for (let i = 32, k = 5; i < 48; i += 4, k += 12) {
    a = (x[at + (k & 15)] + T[i] | 0) + a + (b ^ c ^ d) | 0; a = (a << 4 | a >>> 28) + b | 0;
    d = (x[at + (k + 3 & 15)] + T[i + 1] | 0) + d + (a ^ b ^ c) | 0; d = (d << 11 | d >>> 21) + a | 0;
    c = (x[at + (k + 6 & 15)] + T[i + 2] | 0) + c + (d ^ a ^ b) | 0; c = (c << 16 | c >>> 16) + d | 0;
    b = (x[at + (k + 9 & 15)] + T[i + 3] | 0) + b + (c ^ d ^ a) | 0; b = (b << 23 | b >>> 9) + c | 0;
  }
  for (let i = 48, k = 0; i < 64; i += 4, k += 28) {
    a = (x[at + (k & 15)] + T[i] | 0) + a + (c ^ (b | ~d)) | 0; a = (a << 6 | a >>> 26) + b | 0;
    d = (x[at + (k + 7 & 15)] + T[i + 1] | 0) + d + (b ^ (a | ~c)) | 0; d = (d << 10 | d >>> 22) + a | 0;
    c = (x[at + (k + 14 & 15)] + T[i + 2] | 0) + c + (a ^ (d | ~b)) | 0; c = (c << 15 | c >>> 17) + d | 0;
    b = (x[at + (k + 21 & 15)] + T[i + 3] | 0) + b + (d ^ (c | ~a)) | 0; b = (b << 21 | b >>> 11) + c | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}
