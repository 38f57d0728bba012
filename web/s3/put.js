/**
 * One PUT of one part, or of a poster, by XMLHttpRequest: fetch reports no upload progress, and without progress a stalled PUT looks
 * like a slow one.
 *
 * @typedef {object} PutRequest
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {Blob} body a part's Blob has no type, so that the browser adds no content-type
 * @property {(sentBytes: number, mostMs: number) => number} patience the PUT is cut after so many ms without progress, or after mostMs if it can show
 *   its progress; asked again and again
 * @property {AbortSignal} signal
 * @property {(sentBytes: number) => void} onProgress
 * @property {EventTarget} wake fires `online` when the network is back: a connection from before is probably dead
 *
 * @typedef {object} Answered S3 answered, or something on the way to it
 * @property {'answered'} kind
 * @property {number} status
 * @property {string | null} etag null where the bucket's CORS rules hide it
 * @property {string | null} retryAfter
 * @property {string} text of a refusal: S3's XML
 *
 * @typedef {Answered | {kind: 'network'} | {kind: 'stalled'} | {kind: 'csp'}} PutOutcome csp: the page's policy forbids it
 *
 * @typedef {(request: PutRequest) => Promise<PutOutcome>} Put rejects only with the signal's reason
 */

/** After the network was away a PUT that lives, and can show it, shows it within so long. */
const BACK_ONLINE_MS = 3000;
/** Patience may end sooner once other PUTs have shown how long they take. */
const LOOK_MS = 5000;

/** @type {Put} */
export function put({ url, headers, body, patience, signal, onProgress, wake }) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const xhr = new XMLHttpRequest();
    /** @type {ReturnType<typeof setTimeout>} */
    let watchdog;
    let sent = 0;
    let quietSince = performance.now();
    let mostMs = Infinity;
    const look = () => {
      clearTimeout(watchdog);
      const leftMs = patience(sent, mostMs) - (performance.now() - quietSince);
      if (leftMs <= 0) settle({ kind: 'stalled' });
      else watchdog = setTimeout(look, Math.min(leftMs, LOOK_MS));
    };
    /** @param {number} ms and no longer, if the PUT can show its progress */
    const listen = (ms) => {
      mostMs = ms;
      quietSince = performance.now();
      look();
    };
    const online = () => listen(BACK_ONLINE_MS);
    const aborted = () => settle(null);
    /** @param {PutOutcome | null} outcome null: given up */
    const settle = (outcome) => {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', aborted);
      wake.removeEventListener('online', online);
      xhr.onload = xhr.onerror = xhr.onabort = xhr.upload.onprogress = null;
      xhr.abort(); // nothing when it is done
      if (outcome) resolve(outcome);
      else reject(signal.reason);
    };
    signal.addEventListener('abort', aborted);
    wake.addEventListener('online', online);
    xhr.upload.onprogress = ({ loaded }) => {
      sent = loaded;
      listen(Infinity);
      onProgress(sent);
    };
    xhr.onload = () => settle(answer(xhr));
    xhr.onerror = xhr.onabort = () => settle({ kind: 'network' });
    xhr.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    look();
    xhr.send(body);
  });
}

/** @param {XMLHttpRequest} xhr @returns {Answered} */
function answer(xhr) {
  return {
    kind: 'answered',
    status: xhr.status,
    etag: xhr.getResponseHeader('ETag'),
    retryAfter: xhr.getResponseHeader('Retry-After'),
    text: xhr.status < 300 ? '' : xhr.responseText,
  };
}
