/**
 * What it takes to bring bytes to S3, besides the bytes. Types only.
 *
 * @typedef {object} Means
 * @property {import('./put.js').Put} put
 * @property {import('../base/timing.js').Timing} timing
 * @property {() => number} now a clock that does not stand still while the machine sleeps, in milliseconds
 * @property {() => number} [random] draws from 0 up to 1
 * @property {import('../base/connection.js').Connection} connection
 */

export {};
