/**
 * The one kind of error the recorder throws, rejects with and puts into its `error` events.
 *
 * @typedef {'internal' | 'invalid' | 'unauthorized' | 'forbidden' | 'not-found' | 'conflict' | 'precondition-failed'
 *   | 'too-large' | 'unavailable' | 'limited'} BrokerCode the broker's own codes; `reason` says more exactly what happened
 *
 * @typedef {'offline' | 'url-expired' | 'etag-hidden' | 's3' | 'empty' | 'max-bytes' | 'too-many-parts'
 *   | 'not-durable' | 'quota-low' | 'bytes-lost' | 'started-over'
 *   | 'permission-denied' | 'device-not-found' | 'device-busy' | 'device-lost' | 'device-muted' | 'media-recorder' | 'audio-suspended' | 'nothing-recorded'
 *   | 'not-supported' | 'unreadable' | 'grant-failed' | 'worker-failed' | 'invalid-state' | 'cancelled'} BrowserCode
 *   failures that happen only in a browser
 *
 * @typedef {BrokerCode | BrowserCode} ErrorCode
 *
 * @typedef {object} Safe where the bytes of a failed recording are
 * @property {number} recordedBytes
 * @property {boolean} onDevice whether the device keeps what S3 lacks, so that `Recorder.unfinished()` finds it later. If
 *   not, only a retry in this page can save it
 * @property {number} lostBytes that this device no longer has; at best they are in S3, as parts of a session that is over
 * @property {number} uploadedBytes acknowledged by S3
 * @property {number} partsUploaded
 *
 * @typedef {object} PartFacts
 * @property {number} [size]
 * @property {string} [etag]
 * @property {string} [checksum]
 *
 * @typedef {object} ErrorFacts
 * @property {string} [reason] what exactly happened: the broker's reason, S3's code, or the name of the browser's exception
 * @property {string} [field] the field, parameter or device at fault
 * @property {number} [status] HTTP status, if there was an answer
 * @property {number} [retryAfterMs]
 * @property {number} [limit] the limit that was passed
 * @property {string} [requestId] by which the broker's log names the request
 * @property {{number: number, have?: PartFacts, want?: PartFacts}[]} [parts] in which the claim and S3 differ
 * @property {Safe} [detail] set on errors that end a recording
 */

export class RecorderError extends Error {
  /**
   * @param {ErrorCode} code says what can be done next; the broker's answers and logs have the same word
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
 * An exception as a RecorderError. If it is not one already, it is a bug of ours (`internal`).
 *
 * @param {unknown} error
 * @returns {RecorderError}
 */
export function asRecorderError(error) {
  if (error instanceof RecorderError) return error;
  return new RecorderError('internal', error instanceof Error ? error.message : String(error), { cause: error });
}

/**
 * A RecorderError as plain data, for a message: structured clone drops an Error's own fields.
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
