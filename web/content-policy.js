/**
 * What this page's Content-Security-Policy keeps from the recorder.
 */

/** Listens from construction to {@link close}; a violation is told by an event only, and once. */
export class PolicyWatch {
  /** @type {Set<string>} such as `connect-src https://broker.example` */
  #refused = new Set();
  #listener = (/** @type {SecurityPolicyViolationEvent} */ event) => {
    if (event.disposition === 'enforce') this.#refused.add(`${event.effectiveDirective} ${originOf(event.blockedURI)}`);
  };

  constructor() {
    document.addEventListener('securitypolicyviolation', this.#listener);
  }

  get refused() { return [...this.#refused]; }

  /** @param {string} origin @returns {boolean} whether a connection to it was refused */
  refusedConnection(origin) { return this.#refused.has(`connect-src ${origin}`); }

  close() { document.removeEventListener('securitypolicyviolation', this.#listener); }
}

/**
 * The directives a page needs for the recorder.
 *
 * @param {{broker: string, s3?: string, modules: string}} origins modules: where the recorder's files come from
 * @returns {string}
 */
export function neededPolicy({ broker, s3 = 'https://<your bucket’s host>', modules }) {
  const scripts = modules === globalThis.origin ? "'self'" : `'self' ${modules}`;
  const workers = modules === globalThis.origin ? "'self'" : `blob: ${modules}`;
  return `script-src ${scripts}; worker-src ${workers}; connect-src 'self' ${broker} ${s3}`;
}

/** A blocked address without its query, which may be a signature. @param {string} uri @returns {string} */
function originOf(uri) {
  if (uri === 'blob' || uri.startsWith('blob:')) return 'blob:';
  return URL.canParse(uri) ? new URL(uri).origin : uri;
}
