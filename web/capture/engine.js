/**
 * Whether this is Apple's WebKit, as in Safari and in every browser on an iPhone. Browsers say it to each page, and its
 * MediaRecorder differs: it is made for MP4, and ends a fragment with every slice.
 */
export function isApples() {
  return /^Apple\b/.test(globalThis.navigator?.vendor ?? '');
}
