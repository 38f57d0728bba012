/**
 * Every wait of the uploader, in milliseconds. Tests shorten them; users need not change them.
 *
 * @typedef {Record<keyof typeof TIMING, number>} Timing
 */
export const TIMING = Object.freeze({
  /** The first backoff is drawn from 0 to this; each further one from 0 to twice as much. */
  retryBaseMs: 500,
  /** The longest backoff, unless a server asks for a longer one. */
  retryCapMs: 30_000,
  /** A PUT without progress for this time is cut. Each cut doubles the time for the same part, up to four times as long. */
  stallMs: 30_000,
  /** A call to the broker without an answer for this time is cut and made again. */
  callTimeoutMs: 60_000,
  /** After this time without a call a session gets a heartbeat: in a pause, or in a voice memo, which fills a part in 20 minutes. */
  heartbeatMs: 4 * 60_000,
  /** No PUT starts on a URL with less life left than this, or than a quarter of its life if that is shorter. */
  urlMarginMs: 15_000,
  /** How long a cancel waits for a running open, so that it can abort the session. */
  cancelMs: 10_000,
  /** The tail of the first part is sent when the newest byte in S3 is so old, if the cost of checkpoints allows it. */
  tailFirstMs: 10_000,
  /** The same for a later part. With the time for its upload, a lost device costs at most 30 s of the recording. */
  tailMostMs: 25_000,
  /** How often to check whether a checkpoint is due. */
  lookMs: 1000,
  /** How often the manifest is written during a recording. What a list of recordings shows may be so old. */
  noteMs: 5000,
  /** How long a complete recording waits for its poster to be sent, before its Worker ends. */
  posterMs: 1000,
  /** There is at most one progress message in this time. */
  progressMs: 200,
});

/**
 * If a browser's storage does not answer for this time, the recorder goes on without it. Safari 14 never answered the first
 * open of IndexedDB (https://bugs.webkit.org/show_bug.cgi?id=226547). Reads are not cut: late bytes are better
 * than none.
 */
export const STORAGE_ANSWERS_MS = 10_000;
