/**
 * Whether this is Apple's WebKit, as in Safari and in every browser on an iPhone. Its MediaRecorder is different: it is made for
 * MP4, and ends a fragment with every slice.
 */
export function isApples() {
  return /^Apple\b/.test(globalThis.navigator?.vendor ?? '');
}
