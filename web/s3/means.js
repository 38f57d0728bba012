/**
 * What an upload to S3 needs besides the bytes. Types only.
 *
 * @typedef {object} Means
 * @property {import('./put.js').Put} put
 * @property {import('../base/timing.js').Timing} timing
 * @property {() => number} now a clock in milliseconds that goes on while the machine sleeps
 * @property {() => number} [random] draws from 0 up to 1
 * @property {import('../base/connection.js').Connection} connection
 */

export {};
