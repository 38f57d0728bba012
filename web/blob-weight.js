/**
 * Tells the garbage collector what Blobs weigh. Their bytes lie elsewhere (in Chromium, in the browser's own process),
 * so to the collector each is a few bytes that can wait; a page that does little else leaves it hundreds of megabytes of
 * recorded slices that nobody wants any more (seen in Chromium 156: all of 172 MB after 5 minutes). A Blob cannot be
 * closed. So every few megabytes a buffer of the size of all of them, which the collector does count, lives for as long
 * as the last of them. It is never written to, and so takes addresses and no memory.
 */

const MIB = 1024 * 1024;
/** Smaller buffers may be made of memory that was used before, and has to be cleared. */
const EVERY_BYTES = 4 * MIB;
/** Chromium thinks of collecting once 64 MiB are new, and then takes its time. */
const TIMES = 4;

export class BlobWeight {
  #bytes = 0;
  #weights = new FinalizationRegistry(() => {});

  /** @param {Blob} blob that is about to be let go of */
  add(blob) {
    this.#bytes += blob.size;
    if (this.#bytes < EVERY_BYTES) return;
    this.#weights.register(blob, new ArrayBuffer(TIMES * this.#bytes));
    this.#bytes = 0;
  }
}
