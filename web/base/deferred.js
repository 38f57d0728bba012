/**
 * A promise and its ends. Nobody has to wait for it: events tell of a failure as well, so it is never reported as
 * unhandled.
 *
 * @template T
 * @typedef {{promise: Promise<T>, resolve: (value: T) => void, reject: (error: unknown) => void}} Deferred
 */

/**
 * @template T
 * @returns {Deferred<T>}
 */
export function deferred() {
  /** @type {any} */
  const ends = {};
  const promise = new Promise((resolve, reject) => Object.assign(ends, { resolve, reject }));
  promise.catch(() => {});
  return { promise, ...ends };
}
