/**
 * Starts the Worker. The one file that pages load has the Worker's code inside: it starts from a blob: URL, on any
 * origin and in any bundle. Where the page's CSP forbids that (no `worker-src blob:`), it starts from the file of the
 * same version beside recorder.js, if that is on the page's own origin.
 */

import { workerFile, workerText } from './worker-text.js';

/**
 * @typedef {object} WorkerEvents
 * @property {(message: any) => void} onMessage
 * @property {(event: {message?: string}) => void} onError an uncaught error, or (without a message) it did not load
 *
 * @typedef {object} RunningWorker
 * @property {(message: any, transfer?: Transferable[]) => void} postMessage transfer: only to one that has said something; until
 *   then a message may have to be sent again
 * @property {() => void} terminate
 */

/**
 * @param {string | URL | undefined} workerUrl the Worker's file, for pages that let no Worker start from a blob: URL
 * @param {WorkerEvents} events
 * @returns {RunningWorker}
 */
export function loadWorker(workerUrl, { onMessage, onError }) {
  const ways = waysToStart(workerUrl);
  /** @type {any[] | null} what a Worker that does not load would take with it; null once it runs */
  let unheard = [];
  /** @type {Worker | null} */
  let worker = null;

  const start = () => {
    const way = /** @type {() => Worker} */ (ways.shift());
    try {
      worker = way();
    } catch (error) {
      return void setTimeout(() => failed({}, error));
    }
    worker.addEventListener('message', ({ data }) => {
      unheard = null;
      onMessage(data);
    });
    worker.addEventListener('error', failed);
    for (const message of unheard ?? []) worker.postMessage(message);
  };
  /** @param {{message?: string}} event @param {unknown} [thrown] */
  const failed = (event, thrown) => {
    if (unheard && ways.length > 0 && !event.message) return start();
    onError(thrown instanceof Error ? { message: thrown.message } : event);
  };

  start();
  return {
    postMessage: (message, transfer = []) => {
      unheard?.push(message);
      worker?.postMessage(message, transfer);
    },
    terminate: () => {
      ways.length = 0;
      unheard = null;
      worker?.terminate();
    },
  };
}

/** @param {string | URL | undefined} workerUrl @returns {(() => Worker)[]} the first that works is taken */
function waysToStart(workerUrl) {
  if (workerUrl) return [() => fromUrl(new URL(workerUrl, document.baseURI))];
  if (!workerText) return [() => fromUrl(new URL('../worker.js', import.meta.url))];
  const beside = besideThis(workerFile);
  const ways = [() => fromText(workerText)];
  if (beside) ways.push(() => new Worker(trusted(beside.href)));
  return ways;
}

/** A file beside this one, if it is on the page's own origin. In a bundle, import.meta.url may be anything. @param {string} name */
function besideThis(name) {
  try {
    const url = new URL(name, import.meta.url);
    return isSameOrigin(url) ? url : null;
  } catch {
    return null;
  }
}

/** @param {string} text */
function fromText(text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const worker = new Worker(trusted(url));
  // Not revoked before it has run: browsers differ in when they fetch it.
  worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true });
  return worker;
}

/**
 * `new Worker(url)` is forbidden for another origin. The import is a static one: a dynamic import loses the messages
 * that arrive while it loads (measured in Chromium and Firefox ESR, 2026-11-22).
 *
 * @param {URL} url of a module, or of the bundled Worker
 */
function fromUrl(url) {
  if (isSameOrigin(url)) return new Worker(trusted(url.href), { type: 'module' });
  const source = new Blob([`import ${JSON.stringify(url.href)};`], { type: 'text/javascript' });
  const blobUrl = URL.createObjectURL(source);
  const worker = new Worker(trusted(blobUrl), { type: 'module' });
  worker.addEventListener('message', () => URL.revokeObjectURL(blobUrl), { once: true });
  return worker;
}

/** @param {URL} url */
function isSameOrigin(url) {
  return url.origin === globalThis.origin; // "null" in a sandboxed frame: never the same
}

/** @type {{createScriptURL: (url: string) => string} | null | undefined} */
let policy;

/**
 * A page under `require-trusted-types-for 'script'` takes a Worker's address only from a policy. Ours is named
 * `slipway`; the page's CSP must allow it (https://www.w3.org/TR/trusted-types/, read 2026-11-29).
 *
 * @param {string} url
 */
function trusted(url) {
  if (policy === undefined) {
    try {
      policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('slipway', { createScriptURL: (/** @type {string} */ made) => made }) ?? null;
    } catch {
      policy = null; // not allowed, or another copy of this module has it; only a page that demands one is stopped
    }
  }
  return policy ? policy.createScriptURL(url) : url;
}
