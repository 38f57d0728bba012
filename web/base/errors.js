/**
 * The one kind of error the recorder throws, rejects with and puts into its `error` events.
 *
 * @typedef {'internal' | 'invalid' | 'unauthorized' | 'forbidden' | 'not-found' | 'conflict' | 'precondition-failed'
 *   | 'too-large' | 'unavailable' | 'limited'} BrokerCode the broker's own codes; `reason` says what exactly
 *
 * @typedef {'offline' | 'url-expired' | 'etag-hidden' | 's3' | 'empty' | 'max-bytes' | 'too-many-parts'
 *   | 'not-durable' | 'quota-low' | 'bytes-lost' | 'started-over'
 *   | 'permission-denied' | 'device-not-found' | 'device-busy' | 'device-lost' | 'device-muted' | 'media-recorder' | 'audio-suspended' | 'nothing-recorded'
 *   | 'not-supported' | 'unreadable' | 'grant-failed' | 'worker-failed' | 'invalid-state' | 'cancelled'} BrowserCode
 *   the failures only a browser meets
 *
 * @typedef {BrokerCode | BrowserCode} ErrorCode
 *
 * @typedef {object} Safe how much of a recording that failed is where
 * @property {number} recordedBytes
 * @property {boolean} onDevice what S3 lacks outlives this page: `Recorder.unfinished()` finds it. Otherwise only a retry
 *   in this page can save it
 * @property {number} lostBytes that are in S3 at best, as parts of a session that is over
 * @property {number} uploadedBytes acknowledged by S3
 * @property {number} partsUploaded
 *
 * @typedef {object} PartFacts
 * @property {number} [size]
 * @property {string} [etag]
 * @property {string} [checksum]
 *
 * @typedef {object} ErrorFacts
 * @property {string} [reason] what exactly: the broker's reason, S3's code, or the browser's exception name
 * @property {string} [field] the field, parameter or device at fault
 * @property {number} [status] HTTP status, where there was an answer
 * @property {number} [retryAfterMs]
 * @property {number} [limit] the limit that was passed
 * @property {string} [requestId] the broker's, for its log
 * @property {{number: number, have?: PartFacts, want?: PartFacts}[]} [parts] where a claim and S3 differ
 * @property {Safe} [detail] set on errors that end a recording
 */

export class RecorderError extends Error {
  /**
   * @param {ErrorCode} code what to do next depends on it; the same word stands in the broker's answers and logs
   * @param {string} message for a developer, in lower case
   * @param {ErrorFacts & {cause?: unknown}} [facts]
   */
  constructor(code, message, { cause, ...facts } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RecorderError';
    this.code = code;
    this.reason = facts.reason;
    this.field = facts.field;
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
    this.limit = facts.limit;
    this.requestId = facts.requestId;
    this.parts = facts.parts;
    this.detail = facts.detail;
  }
}

/**
 * An exception as a RecorderError: itself where it is one, otherwise our bug (`internal`).
 *
 * @param {unknown} error
 * @returns {RecorderError}
 */
export function asRecorderError(error) {
  if (error instanceof RecorderError) return error;
  return new RecorderError('internal', error instanceof Error ? error.message : String(error), { cause: error });
}

/**
 * A RecorderError as a message can carry it: structured clone drops an Error's own fields.
 *
 * @typedef {ErrorFacts & {code: ErrorCode, message: string}} PlainError
 *
 * @param {RecorderError} error
 * @returns {PlainError}
 */
export function toPlain(error) {
  const { code, message, reason, field, status, retryAfterMs, limit, requestId, parts, detail } = error;
  return { code, message, reason, field, status, retryAfterMs, limit, requestId, parts, detail };
}

/** @param {PlainError} plain */
export function fromPlain({ code, message, ...facts }) {
  return new RecorderError(code, message, facts);
}
