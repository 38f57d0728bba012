import { styleText } from './style-text.js';

/** @type {CSSStyleSheet | undefined} */
let sheet;

/**
 * One style for all elements of a document. A constructed sheet needs no word in the page's policy
 * (https://www.w3.org/TR/CSP3/#directive-style-src names inline and fetched styles alone, read 2026-11-30).
 */
export function sharedStyle() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(styleText);
  }
  return sheet;
}
