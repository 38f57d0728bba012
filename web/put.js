/**
 * One PUT of one part, by XMLHttpRequest: fetch reports no upload progress, and without progress a stalled PUT looks
 * like a slow one.
 *
 * @typedef {object} PutRequest
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {Blob} body without a type, so that the browser adds no content-type
 * @property {number} stallMs the PUT is cut after so long without progress
 * @property {AbortSignal} signal
 * @property {(sentBytes: number) => void} onProgress
 * @property {EventTarget} wake whose `online` tells that the network was away: a connection from before is likely dead
 *
 * @typedef {object} Answered S3, or something before it, answered
 * @property {'answered'} kind
 * @property {number} status
 * @property {string | null} etag null where the bucket's CORS rules hide it
 * @property {string | null} retryAfter
 * @property {string} text of a refusal: S3's XML
 *
 * @typedef {Answered | {kind: 'network'} | {kind: 'stalled'}} PutOutcome
 *
 * @typedef {(request: PutRequest) => Promise<PutOutcome>} Put rejects only with the signal's reason
 */

/** After the network was away a PUT that lives shows it within so long. */
const BACK_ONLINE_MS = 3000;

/** @type {Put} */
export function put({ url, headers, body, stallMs, signal, onProgress, wake }) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const xhr = new XMLHttpRequest();
    /** @type {ReturnType<typeof setTimeout>} */
    let watchdog;
    /** @param {number} ms */
    const watch = (ms) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => settle({ kind: 'stalled' }), ms);
    };
    const online = () => watch(Math.min(stallMs, BACK_ONLINE_MS));
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
    xhr.upload.onprogress = (event) => { watch(stallMs); onProgress(event.loaded); };
    xhr.onload = () => settle(answer(xhr));
    xhr.onerror = xhr.onabort = () => settle({ kind: 'network' });
    xhr.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    watch(stallMs);
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
