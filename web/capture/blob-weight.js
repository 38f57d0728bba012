/**
 * Has the garbage collector look after Blobs. Their bytes lie elsewhere (in Chromium, in the browser's own process), so to
 * the collector each is a few bytes that can wait; a page that does little else leaves it hundreds of megabytes of recorded
 * slices that nobody wants any more (seen in Chromium 156: all of 172 MB after 5 minutes). A Blob cannot be closed. So
 * every few megabytes a large buffer, which the collector does count, lives for as long as the Blob. It is never written
 * to, and so takes addresses and no memory.
 */

const MIB = 1024 * 1024;
const EVERY_BYTES = 4 * MIB;
/** Chromium thinks of collecting once 64 MiB are new, and then takes its time: with 16 the saw-tooth was 45 MiB high, with 64 it is 15. */
const WEIGHT_BYTES = 64 * MIB;

export class BlobWeight {
  #bytes = 0;
  #weights = new FinalizationRegistry(() => {});

  /** @param {Blob} blob that is about to be let go of */
  add(blob) {
    this.#bytes += blob.size;
    if (this.#bytes < EVERY_BYTES) return;
    this.#bytes = 0;
    try {
      this.#weights.register(blob, new ArrayBuffer(WEIGHT_BYTES));
    } catch {} // no addresses are left: the collector is at work by itself
  }
}
