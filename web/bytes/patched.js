/**
 * Returns a Blob with some of its bytes replaced. It reads no bytes.
 *
 * @param {Blob} blob
 * @param {Patch[]} patches that do not overlap, and lie within it
 * @returns {Blob} as long as before
 */
export function patched(blob, patches) {
  const pieces = [];
  let done = 0;
  for (const { at, bytes } of [...patches].sort((a, b) => a.at - b.at)) {
    pieces.push(blob.slice(done, at), bytes);
    done = at + bytes.length;
  }
  return new Blob([...pieces, blob.slice(done)]);
}

/** @typedef {import('../container/flow.js').Patch} Patch */
