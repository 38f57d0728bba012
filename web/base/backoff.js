/**
 * How long to wait before another try, and sleeps that can be ended early.
 */

/** If a server asks for a longer wait than this, it is asked again all the same after this time. */
const LONGEST_WISH_MS = 5 * 60_000;

/**
 * How long to wait before the next try, in milliseconds. The wait is random ("full jitter"), so that many recorders do not
 * come back at the same moment (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, read
 * 2026-11-22). If the server asked for a wait, the random wait is added to it.
 *
 * @param {number} failures tries that failed so far, from 1
 * @param {{retryBaseMs: number, retryCapMs: number}} timing
 * @param {{retryAfterMs?: number, random?: () => number}} [how] random draws from 0 up to 1
 */
export function backoffMs(failures, { retryBaseMs, retryCapMs }, { retryAfterMs = 0, random = Math.random } = {}) {
  const jitter = random() * Math.min(retryCapMs, retryBaseMs * 2 ** (failures - 1));
  return Math.min(retryAfterMs, LONGEST_WISH_MS) + jitter;
}

/**
 * What a Retry-After header asks for, in milliseconds. It holds whole seconds or an HTTP date.
 *
 * @param {string | null | undefined} header
 * @param {number} [wallNow] Date.now()
 * @returns {number | undefined} undefined if there is none, or none that makes sense
 */
export function retryAfterMs(header, wallNow = Date.now()) {
  if (!header) return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - wallNow;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/**
 * Resolves after ms, or as soon as `wake` fires `online`: a laptop that is back on the network must not wait for the rest
 * of a 30 s backoff.
 *
 * @param {number} ms
 * @param {{signal?: AbortSignal, wake?: EventTarget}} [until]
 * @returns {Promise<void>} rejects with the signal's reason when it aborts
 */
export function sleep(ms, { signal, wake } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const done = () => { clear(); resolve(); };
    const aborted = () => { clear(); reject(signal?.reason); };
    const timer = setTimeout(done, ms);
    const clear = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      wake?.removeEventListener('online', done);
    };
    signal?.addEventListener('abort', aborted);
    wake?.addEventListener('online', done);
  });
}

/**
 * A controller that aborts when its parent does, and can abort earlier. AbortSignal.any does the same, but Safari has it
 * only from 17.4. Call `release` when the work is over, or a long-lived parent collects listeners.
 *
 * @param {AbortSignal | undefined} parent
 * @returns {{signal: AbortSignal, abort: (reason?: unknown) => void, release: () => void}}
 */
export function childOf(parent) {
  const child = new AbortController();
  const follow = () => child.abort(parent?.reason);
  if (parent?.aborted) follow();
  parent?.addEventListener('abort', follow);
  return {
    signal: child.signal,
    abort: (reason) => child.abort(reason),
    release: () => parent?.removeEventListener('abort', follow),
  };
}
