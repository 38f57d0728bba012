/**
 * One recording, or one file, from opening its session to `completed`. Runs in the Worker; nothing in here needs a
 * page, and node runs it in the tests.
 *
 *   slices ──► recorded bytes (journal, transform, files on the disk) ──► upload (parts, checkpoints) ──► S3
 *   a file ──► file bytes ──────────────────────────────────────────────────┘
 *
 * What is kept about the upload lies with the bytes. So a recording that was interrupted goes on in the same session;
 * and where that is gone, the whole of it goes up into another.
 */

import { childOf, sleep } from './backoff.js';
import { AwakeClock } from './awake-clock.js';
import { BrokerClient } from './broker-client.js';
import { Connection } from './connection.js';
import { FILE_BYTES } from './disk/part-files.js';
import { abortSession, deleteRecording } from './discard.js';
import { DiskRoom } from './disk-room.js';
import { asRecorderError, RecorderError, toPlain } from './errors.js';
import { isSessionGone } from './gone.js';
import { withGrant } from './grant.js';
import { MemoryRoom } from './memory-room.js';
import { Parallelism } from './parallelism.js';
import { ProgressTeller } from './progress-teller.js';
import { Session } from './session.js';
import { SizeLimit } from './size-limit.js';
import { TIMING } from './timing.js';
import { Upload } from './upload.js';

/** S3's own limits, for the part size of a large file. */
const MAX_PARTS = 10_000;
const DEFAULT_PART_SIZE = 5 * 1024 * 1024;
const MIB = 1024 * 1024;
/** Sessions that are gone in a row, before it is called a failure. */
const START_OVERS = 3;
const MINUTE_MS = 60_000;

export class UploadJob {
  #job;
  #bytes;
  #getGrant;
  #put;
  #emit;
  #timing;
  #random;
  #connection;
  #room;
  #looking = false;
  #lookedAtBytes = -Infinity;
  #broker;
  #teller;
  #clock = new AwakeClock();
  #ending = new AbortController(); // aborts everything on cancel
  /** @type {ReturnType<typeof childOf> | null} the run that a failure of the recorded data's side ends */
  #attempt = null;
  /** @type {Promise<import('./wire.js').Opened> | null} */
  #opening = null;
  /** @type {Upload | null} */
  #upload = null;
  #stopTold = false; // the page knows that it has to stop
  #startedAt = this.#clock.now();
  /** @type {'idle' | 'running' | 'failed' | 'completed' | 'cancelled'} */
  #phase = 'idle';

  /**
   * @param {object} options
   * @param {import('./messages.js').Job} options.job
   * @param {import('./byte-source.js').ByteSource} options.bytes
   * @param {() => Promise<string>} options.getGrant
   * @param {import('./put.js').Put} options.put
   * @param {(message: import('./messages.js').FromWorker) => void} options.emit
   * @param {Partial<import('./timing.js').Timing>} [options.timing]
   * @param {() => number} [options.random]
   * @param {Connection} [options.connection]
   * @param {() => Promise<{quota?: number, usage?: number}>} [options.estimate] navigator.storage.estimate
   * @param {import('./memory-room.js').Bounds} [options.memory]
   */
  constructor({ job, bytes, getGrant, put, emit, timing, random, connection = new Connection(), estimate, memory }) {
    this.#job = job;
    this.#bytes = bytes;
    this.#getGrant = getGrant;
    this.#put = put;
    this.#emit = emit;
    this.#timing = { ...TIMING, ...timing };
    this.#random = random;
    this.#connection = connection;
    const evict = () => this.makeRoom();
    this.#room = bytes.durable ? new DiskRoom({ estimate, evict }) : new MemoryRoom({ held: () => bytes.size - bytes.lostBytes, evict }, memory);
    this.#teller = new ProgressTeller(emit, () => this.#progress(), this.#timing.progressMs);
    this.#broker = new BrokerClient({
      broker: job.broker, timing: this.#timing, random, connection, onTrouble: (error) => this.#teller.trouble(error),
    });
    bytes.onGrown = () => this.#grown();
    connection.addEventListener('offline', () => this.#teller.trouble(new RecorderError('offline', 'the browser says that there is no network')));
  }

  /** Uploads until it is completed, has failed or is cancelled; says so by a message. */
  async run() {
    this.#phase = 'running';
    this.#teller.start();
    if (this.#isEmpty) return this.#endEmpty();
    const attempt = this.#attempt = childOf(this.#ending.signal);
    try {
      const completed = await this.#uploadAll(attempt.signal);
      if (this.#phase !== 'running') return;
      this.#phase = 'completed';
      this.#teller.tell();
      this.#teller.stop();
      await this.#bytes.clear().catch(() => {}); // it is in S3; a leftover is offered again, and found to be complete
      this.#emit({ type: 'completed', result: resultOf(completed) });
    } catch (error) {
      this.#fail(error);
    } finally {
      attempt.release();
    }
  }

  /** After `failed`: goes on with what S3 lacks. The bytes are still here. */
  retry() {
    if (this.#phase === 'failed') void this.run();
  }

  /** The bytes cannot grow any more as they should. @param {unknown} error */
  failed(error) {
    if (this.#phase === 'running') this.#attempt?.abort(error); // the uploader rejects with it, after its PUTs have ended
    else this.#fail(error);
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
      const { session } = this.#bytes.upload;
      if (asRecorderError(error).reason === 'completed' && session) await this.#discardCompleted(session.id);
      else this.#emit({ type: 'cancelled', error: toPlain(asRecorderError(error)) });
    }
  }

  /** @param {string} id */
  async #discardCompleted(id) {
    const upload = this.#upload;
    try {
      await this.#briefly(async (signal) => deleteRecording(this.#broker, id, { grant: await this.#getGrant(), signal }));
      return this.#emit({ type: 'cancelled' });
    } catch {} // no grant, one of another owner, or no answer: it is still there
    try {
      const completed = await this.#briefly(async (signal) => upload?.complete(signal));
      if (completed) return this.#emit({ type: 'completed', result: resultOf(completed) });
    } catch {} // completed otherwise than we would have, or no answer
    const error = new RecorderError('invalid-state', 'it was already completed, and could not be deleted', { reason: 'completed' });
    this.#emit({ type: 'cancelled', error: toPlain(error) });
  }

  /**
   * Gives up after cancelMs: a cancel has to end.
   *
   * @template T
   * @param {(signal: AbortSignal) => Promise<T>} work
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

  /**
   * Into the session there is, or into another where that is gone.
   *
   * @param {AbortSignal} signal
   */
  async #uploadAll(signal) {
    for (let left = START_OVERS; ; left--) {
      try {
        const upload = await this.#begun(signal);
        return await upload.run(signal);
      } catch (error) {
        if (!isSessionGone(error) || left === 0 || signal.aborted) throw error;
        await this.#startOver(asRecorderError(error));
      }
    }
  }

  /** Asks the page to stop, once. @param {RecorderError} error why */
  stopRecording(error) {
    if (this.#stopTold || this.#phase !== 'running') return;
    this.#stopTold = true;
    this.#emit({ type: 'full', error: toPlain(error) });
  }

  /** Looks after the room, on the disk or in memory, each time that a file's worth was recorded. */
  async #lookForRoom() {
    if (this.#looking || this.#bytes.announced !== undefined || this.#bytes.size < this.#lookedAtBytes + FILE_BYTES) return;
    this.#looking = true;
    this.#lookedAtBytes = this.#bytes.size;
    const minutes = Math.max(1, (this.#clock.now() - this.#startedAt) / MINUTE_MS);
    const seen = await this.#room.look(this.#recordedBytes / minutes).catch(asRecorderError);
    this.#looking = false;
    if (seen instanceof RecorderError) this.#teller.trouble(seen);
    else if (seen.kind === 'low') this.#teller.trouble(seen.error);
    else if (seen.kind === 'last') this.stopRecording(seen.error);
  }

  /** Lets go of some bytes that S3 has. @returns {Promise<boolean>} whether there were any */
  async makeRoom() {
    const upload = this.#upload;
    return upload !== null && this.#bytes.evict((from, to) => upload.has(from, to));
  }

  /** The upload under way, or one that begins: in the session that is kept, or in a new one. @param {AbortSignal} signal */
  async #begun(signal) {
    await this.#leaveTooSmallSession();
    if (this.#upload) {
      await this.#upload.resume(signal); // what it knew may be long ago
      return this.#upload;
    }
    const kept = this.#bytes.upload.session;
    const opened = kept ?? await this.#open(signal);
    const session = new Session({ broker: this.#broker, opened, getGrant: this.#getGrant, onRenewed: (renewed) => this.#keep(renewed) });
    const now = () => this.#clock.now();
    const upload = new Upload({
      session, bytes: this.#bytes, put: this.#put, parallelism: new Parallelism(this.#job.parallel, now), timing: this.#timing, now,
      random: this.#random, connection: this.#connection,
      events: {
        onPart: (part) => this.#acknowledged(part),
        onChange: () => this.#teller.changed(),
        onSuspects: (numbers) => this.#suspects(numbers),
        onTrouble: (error) => this.#teller.trouble(error),
      },
    });
    if (!kept) this.#keep(opened);
    if (this.#phase === 'running') this.#emit({ type: 'opened', session: { id: opened.id, watchUrl: opened.watch_url } });
    if (kept) await upload.resume(signal);
    this.#upload = upload;
    this.#grown();
    return upload;
  }

  /** @param {AbortSignal} signal */
  async #open(signal) {
    if (!globalThis.crypto?.subtle) {
      throw new RecorderError('not-supported', 'hashing needs a secure context (https or localhost)');
    }
    this.#opening = withGrant(this.#getGrant, (grant) => this.#openWith(grant, signal));
    return this.#opening;
  }

  /** @param {string} grant @param {AbortSignal} signal */
  #openWith(grant, signal) {
    const { contentType, name, metadata, maxBytes, onAbandon } = this.#job;
    const size = this.#bytes.announced;
    return this.#broker.open({
      content_type: contentType,
      name,
      metadata,
      checksum: 'sha256',
      size,
      part_size: size === undefined ? undefined : partSizeFor(size),
      max_bytes: maxBytes,
      on_abandon: onAbandon,
    }, { grant, idempotencyKey: this.#bytes.upload.openKey, signal });
  }

  /** @param {import('./wire.js').Opened} opened to be found again after a crash */
  #keep(opened) {
    this.#bytes.upload.session = opened;
    void this.#bytes.save().catch(() => {}); // where the disk is full it is found by its idempotency key
  }

  /** @param {number[]} numbers */
  #suspects(numbers) {
    this.#bytes.upload.suspects = numbers;
    void this.#bytes.save().catch(() => {}); // without it complete alone compares them
  }

  /** @param {import('./uploader.js').Part} part */
  #acknowledged({ number, size, checksum, etag }) {
    this.#bytes.upload.parts[number - 1] = { size, checksum, etag };
    void this.#bytes.save().catch(() => {}); // S3 has it, and says so when it is asked
    this.#emit({ type: 'part', number, bytes: size });
  }

  /**
   * The session is gone: the whole goes up into another.
   *
   * @param {RecorderError} cause
   */
  async #startOver(cause) {
    const { lostBytes } = this.#bytes;
    if (lostBytes > 0) {
      const message = `${lostBytes} bytes are no longer on this device, and the session that had them is over: ${cause.message}`;
      throw new RecorderError('bytes-lost', message, { reason: cause.reason, cause });
    }
    const over = new RecorderError('started-over', `the session is over, all goes up into another: ${cause.message}`, { reason: cause.reason });
    this.#teller.trouble(over);
    this.#upload = null;
    Object.assign(this.#bytes.upload, { session: null, parts: [], suspects: [], openKey: crypto.randomUUID() });
    await this.#bytes.save().catch(() => {});
  }

  /** There are more bytes, or it is the end. */
  #grown() {
    this.#teller.changed();
    if (this.#isEmpty && this.#phase === 'running') return void this.#endEmpty();
    void this.#lookForRoom();
    this.#upload?.grown();
    const tooLarge = this.#tooLarge;
    if (tooLarge) this.failed(tooLarge);
    else if (!this.#bytes.ended && this.#limit.isNear(this.#recordedBytes, this.#bytes.sliceBytes)) this.stopRecording(this.#limit.error);
  }

  /** Until a session says more, what the page asked for. */
  get #limit() { return this.#upload?.limit ?? SizeLimit.asked(this.#job.maxBytes); }

  /** Why the session cannot have all that was recorded, or null. */
  get #tooLarge() {
    return this.#bytes.ended && this.#upload ? this.#upload.limit.refuse(this.#bytes.size) : null;
  }

  /**
   * Another grant may allow what this session does not take; and what the page asked for was to end a recording, not to
   * keep it out of S3.
   */
  async #leaveTooSmallSession() {
    const tooLarge = this.#tooLarge;
    if (!tooLarge || this.#bytes.lostBytes > 0) return;
    this.#job.maxBytes = undefined;
    await this.#startOver(tooLarge);
  }

  get #recordedBytes() { return this.#bytes.size + this.#bytes.pendingBytes; }

  get #isEmpty() {
    return this.#bytes.ended && this.#bytes.size === 0;
  }

  async #endEmpty() {
    this.#phase = 'failed';
    await this.#abandon().catch(() => {}); // an empty session is nothing to worry about; the reaper takes it
    this.#emitFailed(new RecorderError('empty', 'nothing was recorded'));
  }

  /** Ends all work, lets go of the bytes, and aborts the session, also one that is being opened just now. */
  async #abandon() {
    this.#teller.stop();
    // A page that is offline must not wait for ever for an open that nobody will answer.
    const opening = this.#opening?.catch(() => null);
    const opened = this.#bytes.upload.session ?? await Promise.race([opening, sleep(this.#timing.cancelMs, { signal: this.#ending.signal })]);
    this.#ending.abort(new RecorderError('cancelled', 'the recording was cancelled'));
    await this.#bytes.clear().catch(() => {});
    const getGrant = () => this.#briefly(() => this.#getGrant());
    if (opened) await abortSession(new Session({ broker: this.#broker, opened, getGrant }));
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#phase !== 'running') return; // cancelled meanwhile, or failed already
    this.#phase = 'failed';
    this.#teller.stop();
    this.#emitFailed(asRecorderError(error));
  }

  /** @param {RecorderError} error */
  #emitFailed(error) {
    const { uploadedBytes, partsUploaded, recordedBytes } = this.#progress();
    const { durable: onDevice, lostBytes } = this.#bytes;
    this.#emit({ type: 'failed', error: { ...toPlain(error), detail: { recordedBytes, uploadedBytes, partsUploaded, onDevice, lostBytes } } });
  }

  /** @returns {import('./messages.js').Progress} */
  #progress() {
    const none = { uploadedBytes: 0, sendingBytes: 0, partsUploaded: 0, partsInFlight: 0 };
    return { recordedBytes: this.#recordedBytes, ...(this.#upload?.counts ?? none) };
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
