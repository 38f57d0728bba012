/**
 * Finds the language, and fetches what is said in it. English is always there: it is what is said where the others cannot
 * be fetched.
 */

import en from './en.json' with { type: 'json' };

/** @typedef {import('./words.js').Messages} Messages */

export const LANGUAGES = Object.freeze(['en', 'de', 'fr', 'es', 'pt', 'ja']);

const FETCHED_WITHIN_MS = 4000;

/** @type {Map<string, Promise<Messages | null>>} by URL; null: not to be had */
const fetched = new Map();

/**
 * @param {readonly (string | null | undefined)[]} wanted the first that we have, such as `de` for `de-AT`
 * @returns {string}
 */
export function chooseLanguage(wanted) {
  for (const tag of wanted) {
    const language = tag?.toLowerCase().split(/[-_]/)[0] ?? '';
    if (LANGUAGES.includes(language)) return language;
  }
  return 'en';
}

/** What the browser says that the person reads, after what is given. @param {string | null} [given] */
export function languageOf(given) {
  return chooseLanguage([given, ...(globalThis.navigator?.languages ?? [])]);
}

/**
 * @param {string} lang of {@link LANGUAGES}
 * @param {string} broker has the files
 * @returns {Promise<{messages: Messages, lang: string}>} English where they are not to be had
 */
export async function loadMessages(lang, broker) {
  if (lang === 'en') return { messages: en, lang };
  const url = `${broker}/web/messages/${lang}.json`;
  const asked = fetched.get(url) ?? ask(url);
  fetched.set(url, asked);
  const found = await asked;
  if (found) return { messages: found, lang };
  fetched.delete(url);
  return { messages: en, lang: 'en' };
}

/** @param {string} url @returns {Promise<Messages | null>} */
async function ask(url) {
  try {
    const response = await fetch(url, { credentials: 'omit', signal: AbortSignal.timeout(FETCHED_WITHIN_MS) });
    return response.ok ? completed(await response.json()) : null;
  } catch {
    return null;
  }
}

/** A broker of an older version lacks the newest words. @param {Record<string, any>} given @returns {Messages} */
function completed(given) {
  return /** @type {Messages} */ (/** @type {unknown} */ (Object.fromEntries(
    Object.entries(en).map(([area, words]) => [area, { ...words, ...given[area] }]),
  )));
}
