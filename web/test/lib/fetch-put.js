/**
 * The Put of put.js for node, which has no XMLHttpRequest. fetch tells no progress, so the watchdog counts from the
 * start; the XHR one is tested in browsers.
 *
 * @type {import('../../s3/put.js').Put}
 */
export async function fetchPut({ url, headers, body, patience, signal, onProgress }) {
  signal.throwIfAborted();
  const cut = new AbortController();
  const aborted = () => cut.abort();
  signal.addEventListener('abort', aborted);
  let stalled = false;
  const watchdog = setTimeout(() => { stalled = true; cut.abort(); }, patience(0, Infinity));
  try {
    const response = await fetch(url, { method: 'PUT', headers, body, signal: cut.signal });
    const text = await response.text();
    onProgress(body.size);
    return { kind: 'answered', status: response.status, etag: response.headers.get('ETag'), retryAfter: response.headers.get('Retry-After'), text };
  } catch {
    signal.throwIfAborted();
    return { kind: stalled ? 'stalled' : 'network' };
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener('abort', aborted);
  }
}
