/**
 * Every wait of the uploader, in one place, in milliseconds. Tests shorten them; users have no need to.
 *
 * @typedef {Record<keyof typeof TIMING, number>} Timing
 */
export const TIMING = Object.freeze({
  /** The first backoff is drawn from 0 to this; each further one from 0 to twice as much. */
  retryBaseMs: 500,
  /** No backoff is longer, unless a server asked for it. */
  retryCapMs: 30_000,
  /** A PUT that makes no progress for so long is cut. Each cut of the same part doubles it, up to four times. */
  stallMs: 30_000,
  /** A call to the broker without an answer is given up and made again. */
  callTimeoutMs: 60_000,
  /** A session without a call for so long gets a heartbeat: a pause, or a voice memo that fills a part in 20 minutes. */
  heartbeatMs: 4 * 60_000,
  /** No PUT starts on a URL with less life left than this, or than a quarter of its life where that is shorter. */
  urlMarginMs: 15_000,
  /** How long a cancel waits for an open that is under way, to abort what it opened. */
  cancelMs: 10_000,
  /** The tail of the first part goes to S3 when the newest byte there is so old, and what checkpoints may cost allows it. */
  tailFirstMs: 10_000,
  /** That of a later part. With the time its upload takes it stays within the 30 s that a lost device may cost. */
  tailMostMs: 25_000,
  /** How often it is looked whether a checkpoint is due. */
  lookMs: 1000,
  /** How often the manifest is written while something is recorded: so old may be what a list of recordings says. */
  noteMs: 5000,
  /** So long a recording that is complete waits for the rest of its poster, before its Worker ends. */
  posterMs: 1000,
  /** At most one progress message in so long. */
  progressMs: 200,
});

/**
 * The recorder goes on without a browser's storage that has not answered for so long. Safari 14 left the first open of
 * IndexedDB without an answer (https://bugs.webkit.org/show_bug.cgi?id=226547). Reads are not cut: late bytes are better
 * than none.
 */
export const STORAGE_ANSWERS_MS = 10_000;
