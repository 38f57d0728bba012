/**
 * One recording, or one file, from opening its session to `completed`. Runs in the Worker; nothing in here needs a
 * page, and node runs it in the tests.
 *
 *   slices ──► recorded bytes (journal, transform, files on the disk) ──► upload (parts, checkpoints) ──► S3
 *   a file ──► file bytes ──────────────────────────────────────────────────┘
 *
 * What is stored about the upload is stored with the bytes. So an interrupted recording goes on in the same session. If that
 * session is gone, all of the recording goes into a new one.
 */

import { childOf, sleep } from '../base/backoff.js';
import { AwakeClock } from '../base/awake-clock.js';
import { BrokerClient } from '../broker/client.js';
import { Connection } from '../base/connection.js';
import { abortSession } from '../broker/discard.js';
import { discardCompleted } from '../broker/discard-completed.js';
import { asRecorderError, RecorderError, toPlain } from '../base/errors.js';
import { PosterSender } from '../s3/poster-sender.js';
import { ProgressTeller } from './progress-teller.js';
import { REASON } from '../broker/reasons.js';
import { RoomWatch } from './room-watch.js';
import { SessionClient } from '../broker/session-client.js';
import { TIMING } from '../base/timing.js';
import { Sessions } from './sessions.js';
import { within } from '../base/within.js';

/** @type {import('../s3/parts-in-s3.js').Counts} */
const NOTHING = { uploadedBytes: 0, sendingBytes: 0, partsUploaded: 0, partsInFlight: 0 };

export class Job {
  #contentType;
  #bytes;
  #getGrant;
  #emit;
  #timing;
  #broker;
  #sessions;
  #poster;
  #room;
  #teller;
  #ending = new AbortController(); // aborts everything on cancel
  /** @type {ReturnType<typeof childOf> | null} the run that a failure of the recorded data's side ends */
  #attempt = null;
  #stopTold = false; // the page knows that it has to stop
  /** @type {'idle' | 'running' | 'failed' | 'completed' | 'cancelled'} */
  #phase = 'idle';

  /**
   * @param {object} options
   * @param {import('../base/messages.js').JobOrder} options.job
   * @param {import('../bytes/byte-source.js').ByteSource} options.bytes
   * @param {() => Promise<string>} options.getGrant
   * @param {import('../s3/put.js').Put} options.put
   * @param {(message: import('../base/messages.js').FromWorker) => void} options.emit
   * @param {Partial<import('../base/timing.js').Timing>} [options.timing]
   * @param {() => number} [options.random]
   * @param {Connection} [options.connection]
   * @param {() => Promise<{quota?: number, usage?: number}>} [options.estimate] navigator.storage.estimate
   * @param {import('./memory-room.js').Bounds} [options.memory]
   */
  constructor({ job, bytes, getGrant, put, emit, timing, random, connection = new Connection(), estimate, memory }) {
    this.#contentType = job.contentType;
    this.#bytes = bytes;
    this.#getGrant = getGrant;
    this.#emit = emit;
    this.#timing = { ...TIMING, ...timing };
    this.#teller = new ProgressTeller(emit, () => this.#progress(), this.#timing.progressMs);
    this.#broker = new BrokerClient({
      broker: job.broker, timing: this.#timing, random, connection, isFinal: () => bytes.ended, onTrouble: (error) => this.#teller.trouble(error),
    });
    const clock = new AwakeClock();
    const means = { put, timing: this.#timing, now: () => clock.now(), random, connection };
    this.#poster = new PosterSender(means, this.#ending.signal);
    this.#sessions = new Sessions({
      job, bytes, broker: this.#broker, getGrant,
      events: {
        onOpened: (session) => this.#opened(session),
        onBegun: (session) => this.#begun(session),
        onPart: ({ number, size }) => emit({ type: 'part', number, bytes: size }),
        onChange: () => this.#teller.changed(),
        onTrouble: (error) => this.#troubled(error),
      },
    }, means);
    this.#room = new RoomWatch({
      bytes, evict: () => this.makeRoom(), estimate, memory,
      events: { onLow: (error) => this.#teller.trouble(error), onLast: (error) => this.stopRecording(error) },
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
      const completed = await this.#sessions.run(attempt.signal);
      if (this.#phase !== 'running') return;
      this.#phase = 'completed';
      this.#teller.tell();
      this.#teller.stop();
      await this.#bytes.clear().catch(() => {}); // it is in S3; a leftover is offered again, and found to be complete
      await within(this.#timing.posterMs, () => this.#poster.done).catch(() => {});
      this.#emit({ type: 'completed', result: this.#resultOf(completed) });
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
      const completed = await this.#abandon().catch((error) => this.#discardCompleted(error));
      this.#emit(completed ? { type: 'completed', result: this.#resultOf(completed) } : { type: 'cancelled' });
    } catch (error) {
      this.#emit({ type: 'cancelled', error: toPlain(asRecorderError(error)) });
    }
  }

  /** @param {unknown} error why it could not be aborted */
  async #discardCompleted(error) {
    const { session } = this.#bytes.upload;
    if (asRecorderError(error).reason !== REASON.completed || !session) throw error;
    return discardCompleted({
      broker: this.#broker, id: session.id, getGrant: this.#getGrant, withinMs: this.#timing.cancelMs,
      complete: async (signal) => this.#sessions.current?.uploader.complete(signal),
    });
  }

  /** Asks the page to stop, once. @param {RecorderError} error why */
  stopRecording(error) {
    if (this.#stopTold || this.#phase !== 'running') return;
    this.#stopTold = true;
    this.#emit({ type: 'full', error: toPlain(error) });
  }

  /** Lets go of some bytes that S3 has. @returns {Promise<boolean>} whether there were any */
  makeRoom() {
    return this.#bytes.evict((from, to) => this.#sessions.current?.has(from, to) ?? false);
  }

  /** @param {RecorderError} error that the upload goes on in spite of; what is recorded after a hole is of little use */
  #troubled(error) {
    if (error.code === 'bytes-lost') this.stopRecording(error);
    else this.#teller.trouble(error);
  }

  /** @param {import('../broker/wire.js').Opened} session */
  #opened({ id, watch_url: watchUrl }) {
    if (this.#phase === 'running') this.#emit({ type: 'opened', session: { id, watchUrl } });
  }

  /** @param {Blob} poster a JPEG of what is recorded */
  takePoster(poster) { this.#poster.take(poster); }

  /** @param {SessionClient} session takes bytes from now on */
  #begun(session) {
    this.#poster.into(session);
    this.#grown();
  }

  /** There are more bytes, or it is the end. */
  #grown() {
    this.#teller.changed();
    if (this.#isEmpty && this.#phase === 'running') return void this.#endEmpty();
    void this.#room.look();
    this.#sessions.current?.grown();
    const { tooLarge, limit } = this.#sessions;
    if (tooLarge) this.failed(tooLarge);
    else if (!this.#bytes.ended && limit.isNear(this.#recordedBytes + this.#bytes.tailBytes, this.#bytes.sliceBytes)) this.stopRecording(limit.error);
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

  /** Ends all work, lets go of the bytes, and aborts the sessions, also one that is being opened just now. */
  async #abandon() {
    this.#teller.stop();
    // A page that is offline must not wait for ever for an open that nobody will answer.
    const { opening } = this.#sessions;
    const opened = this.#bytes.upload.session ?? await Promise.race([opening, sleep(this.#timing.cancelMs, { signal: this.#ending.signal })]);
    this.#ending.abort(new RecorderError('cancelled', 'the recording was cancelled'));
    await this.#bytes.clear().catch(() => {});
    await Promise.all([this.#sessions.abortLeft(), opened && this.#abort(opened)]);
  }

  /** @param {import('../broker/wire.js').Opened} opened */
  #abort(opened) {
    const session = new SessionClient({ broker: this.#broker, opened, getGrant: this.#getGrant });
    return within(this.#timing.cancelMs, (signal) => abortSession(session, signal));
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#phase !== 'running') return; // cancelled meanwhile, or failed already
    this.#phase = 'failed';
    this.#teller.tell();
    this.#teller.stop();
    this.#emitFailed(asRecorderError(error));
  }

  /** @param {RecorderError} error */
  #emitFailed(error) {
    const { uploadedBytes, partsUploaded, recordedBytes } = this.#progress();
    const { durable: onDevice, lostBytes } = this.#bytes;
    this.#emit({ type: 'failed', error: { ...toPlain(error), detail: { recordedBytes, uploadedBytes, partsUploaded, onDevice, lostBytes } } });
  }

  /** @returns {import('../base/messages.js').Progress} */
  #progress() {
    return { recordedBytes: this.#recordedBytes, ...(this.#sessions.current?.inS3.counts ?? NOTHING) };
  }

  /** @param {import('../broker/wire.js').Completed} completed @returns {import('../base/messages.js').Result} */
  #resultOf({ id, key, size, etag, outcome, watch_url: watchUrl }) {
    return { id, key, size, etag, outcome, watchUrl, contentType: this.#contentType };
  }
}
