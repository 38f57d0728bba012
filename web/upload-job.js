/**
 * One recording, or one file, from opening its session to `completed`. Runs in the Worker; nothing in here needs a
 * page, and node runs it in the tests.
 *
 *   data ──► inbox ──► limit ──► cutter ──► part store ──► uploader ──► S3
 *
 * The inbox is there because a session's part size is known only once it is open, and recording does not wait for it.
 */

import { childOf, sleep } from './backoff.js';
import { BrokerClient } from './broker-client.js';
import { Cutter } from './cutter.js';
import { asRecorderError, RecorderError, toPlain } from './errors.js';
import { BlobParts, FileParts } from './part-store.js';
import { SizeLimit } from './size-limit.js';
import { TIMING } from './timing.js';
import { Uploader } from './uploader.js';

/** S3's own limits, for the part size of a large file. */
const MAX_PARTS = 10_000;
const DEFAULT_PART_SIZE = 5 * 1024 * 1024;
const MIB = 1024 * 1024;
/** The same trouble is not told more often than this. */
const TROUBLE_QUIET_MS = 20_000;

export class UploadJob {
  #job;
  #file;
  #getGrant;
  #put;
  #emit;
  #timing;
  #random;
  #wake;
  #broker;
  #ending = new AbortController(); // aborts everything on cancel
  /** @type {ReturnType<typeof childOf> | null} the run that a failure of the recorded data's side ends */
  #attempt = null;
  #openKey = '';
  /** @type {Promise<import('./wire.js').Opened> | null} */
  #opening = null;
  /** @type {import('./wire.js').Opened | null} */
  #session = null;
  /** @type {Uploader | null} */
  #uploader = null;
  /** @type {import('./part-store.js').PartStore | null} */
  #store = null;
  /** @type {Cutter | null} */
  #cutter = null;
  /** @type {SizeLimit | null} */
  #limit = null;
  /** @type {Blob[]} */
  #inbox = [];
  #draining = false;
  #ended = false; // no data follows
  #closed = false; // the last part was cut
  #told = false; // that the limit is near
  #recordedBytes = 0;
  #parts = 0;
  /** @type {'idle' | 'running' | 'failed' | 'completed' | 'cancelled'} */
  #phase = 'idle';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #progressTimer;
  #progressAt = -Infinity;
  /** @type {Map<string, number>} when which trouble was told */
  #troubleAt = new Map();

  /**
   * @param {object} options
   * @param {import('./messages.js').Job} options.job
   * @param {Blob} [options.file] uploads this instead of recorded data
   * @param {() => Promise<string>} options.getGrant
   * @param {import('./put.js').Put} options.put
   * @param {(message: import('./messages.js').FromWorker) => void} options.emit
   * @param {Partial<import('./timing.js').Timing>} [options.timing]
   * @param {() => number} [options.random]
   * @param {EventTarget} [options.wake] whose `online` event ends a wait
   */
  constructor({ job, file, getGrant, put, emit, timing, random, wake }) {
    this.#job = job;
    this.#file = file;
    this.#getGrant = getGrant;
    this.#put = put;
    this.#emit = emit;
    this.#timing = { ...TIMING, ...timing };
    this.#random = random;
    this.#wake = wake;
    this.#broker = new BrokerClient({
      broker: job.broker, timing: this.#timing, random, wake, onTrouble: (error) => this.#trouble(error),
    });
    if (file) this.#recordedBytes = file.size;
  }

  /** Opens the session and uploads until it is completed, has failed or is cancelled; says so by a message. */
  async run() {
    this.#phase = 'running';
    if (this.#ended && this.#recordedBytes === 0) return this.#endEmpty();
    const attempt = this.#attempt = childOf(this.#ending.signal);
    try {
      this.#session ??= await this.#open();
      this.#uploader ??= this.#prepare(this.#session);
      void this.#drain();
      const completed = await this.#uploader.run(attempt.signal);
      await this.#store?.clear();
      this.#complete(completed);
    } catch (error) {
      this.#fail(error);
    } finally {
      attempt.release();
    }
  }

  /** @param {import('./wire.js').Completed} completed */
  #complete(completed) {
    if (this.#phase !== 'running') return;
    this.#phase = 'completed';
    this.#stopProgress();
    this.#sendProgress();
    this.#emit({ type: 'completed', result: resultOf(completed) });
  }

  /** @param {Blob} blob recorded data, in order */
  add(blob) {
    this.#recordedBytes += blob.size;
    this.#inbox.push(blob);
    this.#changed();
    void this.#drain();
  }

  /** No data follows: what is left becomes the last part, and the upload is completed. */
  end() {
    this.#ended = true;
    if (this.#recordedBytes > 0) void this.#drain();
    else if (this.#phase === 'running') void this.#endEmpty();
  }

  /** After `failed`: goes on with what S3 lacks. The bytes are still here. */
  retry() {
    if (this.#phase !== 'failed') return;
    void this.run();
  }

  /**
   * Gives everything up and aborts the upload in S3. Where it is completed already, because the answer was lost on its
   * way to us, the recording is deleted; where that cannot be done the result is told, for it plays.
   */
  async cancel() {
    if (this.#phase === 'completed' || this.#phase === 'cancelled') return;
    this.#phase = 'cancelled';
    try {
      await this.#abandon();
      this.#emit({ type: 'cancelled' });
    } catch (error) {
      const { reason } = asRecorderError(error);
      if (reason === 'completed' && this.#session) await this.#discardCompleted(this.#session);
      else this.#emit({ type: 'cancelled', error: toPlain(asRecorderError(error)) });
    }
  }

  /** @param {import('./wire.js').Opened} session */
  async #discardCompleted({ id }) {
    try {
      await this.#briefly(async (signal) => this.#broker.deleteRecording(id, { grant: await this.#getGrant(), signal }));
      return this.#emit({ type: 'cancelled' });
    } catch {} // no grant, one of another owner, or no answer: it is still there
    try {
      const completed = await this.#briefly((signal) => this.#uploader?.complete(signal));
      if (completed) return this.#emit({ type: 'completed', result: resultOf(completed) });
    } catch {} // completed otherwise than we would have, or no answer
    const error = new RecorderError('invalid-state', 'it was already completed, and could not be deleted', { reason: 'completed' });
    this.#emit({ type: 'cancelled', error: toPlain(error) });
  }

  /**
   * Gives up after cancelMs: a cancel has to end.
   *
   * @template T
   * @param {(signal: AbortSignal) => Promise<T> | undefined} work
   */
  async #briefly(work) {
    const limit = new AbortController();
    const tooLate = async () => {
      await sleep(this.#timing.cancelMs, { signal: limit.signal });
      throw new RecorderError('unavailable', 'no answer in time');
    };
    try {
      return await Promise.race([work(limit.signal), tooLate()]);
    } finally {
      limit.abort();
    }
  }

  async #open() {
    if (!globalThis.crypto?.subtle) {
      throw new RecorderError('not-supported', 'hashing needs a secure context (https or localhost)');
    }
    this.#openKey = crypto.randomUUID(); // one for all tries of this open, so that a lost answer opens nothing twice
    this.#opening = this.#openOnce().catch((error) => {
      if (error?.code === 'unauthorized') return this.#openOnce(); // the grant ran out while we waited: ask for another
      throw error;
    });
    const session = await this.#opening;
    if (this.#phase === 'running') this.#emit({ type: 'opened', session: { id: session.id, watchUrl: session.watch_url } });
    return session;
  }

  async #openOnce() {
    const grant = await this.#getGrant();
    const { contentType, name, metadata, maxBytes, onAbandon } = this.#job;
    const size = this.#file?.size;
    return this.#broker.open({
      content_type: contentType,
      name,
      metadata,
      checksum: 'sha256',
      size,
      part_size: size === undefined ? undefined : partSizeFor(size),
      max_bytes: maxBytes,
      on_abandon: onAbandon,
    }, { grant, idempotencyKey: this.#openKey, signal: this.#ending.signal });
  }

  /** @param {import('./wire.js').Opened} session */
  #prepare(session) {
    const store = this.#file ? new FileParts(this.#file, session.part_size) : new BlobParts();
    const uploader = new Uploader({
      session, store, broker: this.#broker, put: this.#put, parallel: this.#job.parallel, timing: this.#timing,
      random: this.#random, wake: this.#wake,
      events: {
        onPart: ({ number, size }) => this.#emit({ type: 'part', number, bytes: size }),
        onChange: () => this.#changed(),
        onTrouble: (error) => this.#trouble(error),
      },
    });
    this.#store = store;
    this.#limit = new SizeLimit(session);
    if (this.#file) this.#addFile(this.#file, session, uploader);
    else this.#cutter = new Cutter(session.part_size);
    return uploader;
  }

  /**
   * A file's parts are all known at once; each is read when its turn comes.
   *
   * @param {Blob} file
   * @param {import('./wire.js').Opened} session
   * @param {Uploader} uploader
   */
  #addFile(file, { part_size, max_bytes, max_parts }, uploader) {
    if (file.size > Math.min(max_bytes, part_size * max_parts)) {
      throw this.#limit?.error ?? new RecorderError('max-bytes', 'the file is too large');
    }
    for (let from = 0, number = 1; from < file.size; from += part_size, number++) {
      uploader.add(number, Math.min(part_size, file.size - from));
    }
    uploader.end();
  }

  /** Moves recorded data from the inbox into parts, one at a time and in order. */
  async #drain() {
    if (this.#draining || !this.#cutter) return;
    this.#draining = true;
    try {
      for (let blob = this.#inbox.shift(); blob; blob = this.#inbox.shift()) await this.#takeIn(blob, this.#cutter);
      if (this.#ended && !this.#closed) {
        this.#closed = true;
        const rest = this.#cutter.rest();
        if (rest) await this.#addPart(rest);
        this.#uploader?.end();
      }
    } catch (error) {
      this.#attempt?.abort(error); // the uploader rejects with it, after its PUTs have ended
    } finally {
      this.#draining = false;
    }
  }

  /** @param {Blob} blob @param {Cutter} cutter */
  async #takeIn(blob, cutter) {
    const fits = this.#limit?.take(blob) ?? blob;
    this.#recordedBytes -= blob.size - fits.size;
    for (const part of cutter.add(fits)) await this.#addPart(part);
    if (!this.#limit?.near || this.#told) return;
    this.#told = true;
    this.#emit({ type: 'full', error: toPlain(this.#limit.error) });
  }

  /** @param {Blob} bytes */
  async #addPart(bytes) {
    const number = ++this.#parts;
    await this.#store?.keep(number, bytes);
    this.#uploader?.add(number, bytes.size);
  }

  async #endEmpty() {
    this.#phase = 'failed';
    await this.#abandon().catch(() => {}); // an empty session is nothing to worry about; the reaper takes it
    this.#emitFailed(new RecorderError('empty', 'nothing was recorded'));
  }

  /** Ends all work and aborts the session, also one that is being opened just now. */
  async #abandon() {
    this.#stopProgress();
    // A page that is offline must not wait for ever for an open that nobody will answer.
    const opening = this.#opening?.catch(() => null);
    const session = this.#session ?? await Promise.race([opening, sleep(this.#timing.cancelMs, { signal: this.#ending.signal })]);
    this.#ending.abort(new RecorderError('cancelled', 'the recording was cancelled'));
    await this.#store?.clear();
    this.#inbox = [];
    if (session) await this.#broker.abort(session);
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#phase !== 'running') return; // cancelled meanwhile, or failed already
    this.#phase = 'failed';
    this.#stopProgress();
    this.#emitFailed(asRecorderError(error));
  }

  /** @param {RecorderError} error */
  #emitFailed(error) {
    const { uploadedBytes = 0, partsUploaded = 0 } = this.#uploader?.counts ?? {};
    const detail = { recordedBytes: this.#recordedBytes, uploadedBytes, partsUploaded };
    this.#emit({ type: 'failed', error: { ...toPlain(error), detail } });
  }

  /** @param {RecorderError} error */
  #trouble(error) {
    const now = performance.now();
    if (this.#phase !== 'running' || now - (this.#troubleAt.get(error.code) ?? -Infinity) < TROUBLE_QUIET_MS) return;
    this.#troubleAt.set(error.code, now);
    this.#emit({ type: 'trouble', error: toPlain(error) });
  }

  /** Numbers changed: tell, but not too often. */
  #changed() {
    if (this.#progressTimer !== undefined || this.#phase !== 'running') return;
    const waitMs = this.#progressAt + this.#timing.progressMs - performance.now();
    this.#progressTimer = setTimeout(() => this.#sendProgress(), Math.max(0, waitMs));
  }

  #sendProgress() {
    this.#progressTimer = undefined;
    this.#progressAt = performance.now();
    const none = { uploadedBytes: 0, sendingBytes: 0, partsUploaded: 0, partsInFlight: 0 };
    const progress = { recordedBytes: this.#recordedBytes, ...(this.#uploader?.counts ?? none) };
    this.#emit({ type: 'progress', progress });
  }

  #stopProgress() {
    clearTimeout(this.#progressTimer);
    this.#progressTimer = undefined;
  }
}

/**
 * The part size to ask for: the broker's own, unless so large a file would need too many parts.
 *
 * @param {number} size of the file
 * @returns {number | undefined}
 */
export function partSizeFor(size) {
  if (size <= DEFAULT_PART_SIZE * MAX_PARTS) return undefined;
  return Math.ceil(size / MAX_PARTS / MIB) * MIB;
}

/** @param {import('./wire.js').Completed} completed @returns {import('./messages.js').Result} */
function resultOf({ id, key, size, etag, outcome, watch_url }) {
  return { id, key, size, etag, outcome, watchUrl: watch_url };
}
