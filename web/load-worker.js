/**
 * Starts the Worker, also where the page is on another origin than these modules. There `new Worker(url)` is
 * forbidden, so the Worker starts from a blob: URL that imports the module. The import is a static one: a dynamic
 * import loses the messages that arrive while it loads (measured in Chromium and Firefox ESR, 2026-11-22).
 *
 * An embedding page's CSP needs `script-src <broker>; worker-src blob: <broker>; connect-src <broker> <bucket>`.
 *
 * @param {string | URL} [workerUrl] where the Worker's module is instead, for bundlers that do not see it
 * @returns {Worker}
 */
export function loadWorker(workerUrl) {
  if (workerUrl) return fromUrl(new URL(workerUrl, document.baseURI));
  const here = import.meta.url;
  // Bundlers look for exactly this expression; with a variable in it Vite 8 leaves the Worker out of the bundle.
  if (isSameOrigin(here)) return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  return fromUrl(new URL('worker.js', here));
}

/** @param {URL} url */
function fromUrl(url) {
  if (isSameOrigin(url)) return new Worker(url, { type: 'module' });
  const source = new Blob([`import ${JSON.stringify(url.href)};`], { type: 'text/javascript' });
  const blobUrl = URL.createObjectURL(source);
  const worker = new Worker(blobUrl, { type: 'module' });
  // Not revoked before it has run: browsers differ in when they fetch it.
  worker.addEventListener('message', () => URL.revokeObjectURL(blobUrl), { once: true });
  return worker;
}

/** @param {string | URL} url */
function isSameOrigin(url) {
  return new URL(url).origin === globalThis.origin; // "null" in a sandboxed frame: never the same
}
