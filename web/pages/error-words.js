/**
 * A RecorderError in people's words.
 *
 * @typedef {[title: string, text: string]} TitleAndText
 * @typedef {Record<string, TitleAndText | ((waitMs: number) => TitleAndText)>} Words by code and field or reason, or by
 *   code; a function says when it goes on
 *
 * @param {unknown} error
 * @param {Words} words
 * @returns {import('./page-state.js').Message}
 */
export function errorMessage(error, words) {
  const { code = 'internal', field, reason, requestId, retryAfterMs = 0 } = /** @type {import('../base/errors.js').RecorderError} */ (error ?? {});
  const found = words[`${code} ${field}`] ?? words[`${code} ${reason}`] ?? words[code] ?? words.internal;
  const [title, text] = typeof found === 'function' ? found(retryAfterMs) : found;
  // The code is the word that stands in the source and in the logs: a screenshot of it can be searched for.
  const facts = [code, reason, requestId && `request ${requestId}`].filter(Boolean);
  return { kind: 'error', title, text, code: facts.join(' · ') };
}
