/**
 * The file that a tester sends.
 */

/** Every credential begins so (docs/protocol.md), and a signed URL is one by its query. */
const CREDENTIAL = /\b(?:sk|gr|st|wt)_[\w.~-]+/g;
const QUERY = /(https?:\/\/[^\s"'?#]*)[?#][^\s"']*/g;

/**
 * What is told as JSON. No credential is meant to be in it; where an error's words held one, it is taken out.
 *
 * @param {object} report
 * @returns {string}
 */
export function reportText(report) {
  return JSON.stringify(report, (_, value) => (typeof value === 'string' ? withoutSecrets(value) : value), 1);
}

/** @param {string} text */
export function withoutSecrets(text) {
  return text.replace(QUERY, '$1?…').replace(CREDENTIAL, '…');
}

/** @param {Uint8Array} bytes @returns {string} */
export function base64(bytes) {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** @param {HTMLAnchorElement} link that saves it @param {string} text */
export function offerFile(link, text) {
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
}
