/** Ways to pass what browsers recorded through what rewrites it. */

/**
 * The input in slices.
 *
 * @param {Uint8Array<ArrayBuffer>} input
 * @param {() => number} nextSize
 */
export function* slicesOf(input, nextSize) {
  for (let at = 0, size; at < input.length; at += size) {
    size = nextSize();
    yield input.subarray(at, at + size);
  }
}

/** @param {Uint8Array} bytes @param {{at: number, bytes: Uint8Array}[]} patches */
export function patch(bytes, patches) {
  const patched = Buffer.from(bytes);
  for (const { at, bytes: by } of patches) patched.set(by, at);
  return patched;
}

/**
 * Numbers that look random and are the same in every run.
 *
 * @param {number} seed
 * @returns {(below: number) => number} an integer from 0 on
 */
export function randomFrom(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}
