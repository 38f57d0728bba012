/**
 * Judges what the page's grant function gave, without a broker: a grant begins with `gr_`.
 */

import { isCredential } from '../broker/grant.js';

/** So much of what came is shown: enough to tell an error page from an object. */
const SHOWN_LENGTH = 20;
/** The brokers' own secrets: grants, tokens of sessions and API keys. */
const SECRET = /(?:gr|st|sk)_/;

const FROM_TEXT = 'grant: () => fetch("/your-back-end").then((r) => r.text()) // what POST /v1/grants answered as `grant`';
const FROM_JSON = 'grant: () => fetch("/your-back-end").then((r) => r.json()).then((answer) => answer.grant)';

/**
 * @param {unknown} grant
 * @returns {import('./check.js').Finding} of a text that is no grant, the beginning is shown, and no secret
 */
export function judgeGrant(grant) {
  if (typeof grant !== 'string' || grant === '') {
    return bad(`it is ${grant === '' ? 'empty' : typeof grant}, and not a grant`, grant instanceof Object && 'grant' in grant ? FROM_JSON : FROM_TEXT);
  }
  if (grant.startsWith('sk_')) return bad('it is an API key, which never may come to a page: have your back end mint a grant with it', FROM_TEXT);
  if (!grant.startsWith('gr_')) return bad(`a grant begins with gr_, and what came begins with ${shown(grant)}`, /^\s*\{/.test(grant) ? FROM_JSON : FROM_TEXT);
  if (!isCredential(grant)) return bad('it begins as a grant does, but there are blanks or line ends in it', FROM_TEXT.replace('r.text())', 'r.text()).then((text) => text.trim())'));
  return { name: 'grant', ok: true, detail: 'there is one' };
}

/** @param {string} detail @param {string} [mend] @returns {import('./check.js').Finding} */
export function bad(detail, mend = FROM_TEXT) {
  return { name: 'grant', ok: false, detail, mend };
}

/** @param {string} text */
function shown(text) {
  const secret = text.search(SECRET);
  const end = Math.min(SHOWN_LENGTH, secret < 0 ? Infinity : secret);
  return `“${text.slice(0, end)}${text.length > end ? '…' : ''}”`;
}
