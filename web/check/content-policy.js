/**
 * The Content-Security-Policy that a page needs for the recorder.
 *
 * @param {{broker: string, s3?: string, workerUrl?: string | URL, refused: string[]}} how broker, workerUrl: as the recorder's
 *   options; refused: what the page's own policy refused
 * @returns {string} its directives
 */
export function neededPolicy({ broker, s3 = 'https://<your bucket’s host>', workerUrl, refused }) {
  const from = originOfThis();
  const scripts = from === globalThis.origin ? "'self'" : `'self' ${from}`;
  const trusted = refused.some((what) => what.includes('trusted-types')) ? '; trusted-types slipway' : '';
  return `script-src ${scripts}; worker-src ${workerUrl ? "'self'" : 'blob:'}; connect-src 'self' ${broker} ${s3}${trusted}`;
}

/** Where the recorder came from. In a page's own bundle import.meta.url may be anything, and then it is the page's origin. */
function originOfThis() {
  const url = import.meta.url ?? '';
  return /^https?:/.test(url) ? new URL(url).origin : globalThis.origin;
}
