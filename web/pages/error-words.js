/**
 * A RecorderError in people's words.
 *
 * @param {unknown} error
 * @param {Record<string, [title: string, text: string]>} words by code and field or reason, or by code
 * @returns {import('./page-state.js').Message}
 */
export function errorMessage(error, words) {
  const { code = 'internal', field, reason, requestId } = /** @type {import('../errors.js').RecorderError} */ (error ?? {});
  const [title, text] = words[`${code} ${field}`] ?? words[`${code} ${reason}`] ?? words[code] ?? words.internal;
  // The code is the word that stands in the source and in the logs: a screenshot of it can be searched for.
  const facts = [code, reason, requestId && `request ${requestId}`].filter(Boolean);
  return { kind: 'error', title, text, code: facts.join(' · ') };
}
