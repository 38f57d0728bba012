/**
 * Waits that end.
 */

/**
 * Looks until it sees something.
 *
 * @template T
 * @param {string} what for the error
 * @param {() => T | Promise<T>} look
 * @param {{withinMs?: number, everyMs?: number}} [how]
 * @returns {Promise<NonNullable<T>>} the first truthy value
 */
export async function until(what, look, { withinMs = 30_000, everyMs = 100 } = {}) {
  const end = performance.now() + withinMs;
  for (;;) {
    const seen = await within(withinMs, what, look());
    if (seen) return seen;
    if (performance.now() > end) throw new Error(`${what}: not within ${withinMs / 1000} s`);
    await pause(everyMs);
  }
}

/**
 * @template T
 * @param {number} ms
 * @param {string} what for the error
 * @param {T | Promise<T>} promise
 * @returns {Promise<T>}
 */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what}: not within ${ms / 1000} s`)), ms); });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @param {number} ms @returns {Promise<void>} */
export function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
