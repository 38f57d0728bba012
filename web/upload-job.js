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
import { abortSession } from './discard.js';
import { discardCompleted } from './discard-completed.js';
import { asRecorderError, RecorderError, toPlain } from './errors.js';
import { ProgressTeller } from './progress-teller.js';
import { RoomWatch } from './room-watch.js';
import { Session } from './session.js';
import { TIMING } from './timing.js';
import { WholeUpload } from './whole-upload.js';
import { within } from './within.js';

export class UploadJob {
  #bytes;
  #getGrant;
  #emit;
  #timing;
  #broker;
  #upload;
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
    this.#bytes = bytes;
    this.#getGrant = getGrant;
    this.#emit = emit;
    this.#timing = { ...TIMING, ...timing };
    this.#teller = new ProgressTeller(emit, () => this.#progress(), this.#timing.progressMs);
    this.#broker = new BrokerClient({
      broker: job.broker, timing: this.#timing, random, connection, onTrouble: (error) => this.#teller.trouble(error),
    });
    const clock = new AwakeClock();
    const now = () => clock.now();
    this.#upload = new WholeUpload({
      job, bytes, broker: this.#broker, getGrant, put, timing: this.#timing, now, random, connection,
      events: {
        onOpened: (session) => this.#opened(session),
        onBegun: () => this.#grown(),
        onPart: ({ number, size }) => emit({ type: 'part', number, bytes: size }),
        onChange: () => this.#teller.changed(),
        onTrouble: (error) => this.#teller.trouble(error),
      },
    });
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
      const completed = await this.#upload.run(attempt.signal);
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
      const completed = await this.#abandon().catch((error) => this.#discardCompleted(error));
      this.#emit(completed ? { type: 'completed', result: resultOf(completed) } : { type: 'cancelled' });
    } catch (error) {
      this.#emit({ type: 'cancelled', error: toPlain(asRecorderError(error)) });
    }
  }

  /** @param {unknown} error why it could not be aborted */
  async #discardCompleted(error) {
    const { session } = this.#bytes.upload;
    if (asRecorderError(error).reason !== 'completed' || !session) throw error;
    return discardCompleted({
      broker: this.#broker, id: session.id, getGrant: this.#getGrant, withinMs: this.#timing.cancelMs,
      complete: (signal) => this.#upload.complete(signal),
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
    return this.#bytes.evict((from, to) => this.#upload.has(from, to));
  }

  /** @param {import('./wire.js').Opened} session */
  #opened({ id, watch_url: watchUrl }) {
    if (this.#phase === 'running') this.#emit({ type: 'opened', session: { id, watchUrl } });
  }

  /** There are more bytes, or it is the end. */
  #grown() {
    this.#teller.changed();
    if (this.#isEmpty && this.#phase === 'running') return void this.#endEmpty();
    void this.#room.look();
    this.#upload.grown();
    const { tooLarge, limit } = this.#upload;
    if (tooLarge) this.failed(tooLarge);
    else if (!this.#bytes.ended && limit.isNear(this.#recordedBytes, this.#bytes.sliceBytes)) this.stopRecording(limit.error);
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
    const { opening } = this.#upload;
    const opened = this.#bytes.upload.session ?? await Promise.race([opening, sleep(this.#timing.cancelMs, { signal: this.#ending.signal })]);
    this.#ending.abort(new RecorderError('cancelled', 'the recording was cancelled'));
    await this.#bytes.clear().catch(() => {});
    await Promise.all([this.#upload.abortLeft(), opened && this.#abort(opened)]);
  }

  /** @param {import('./wire.js').Opened} opened */
  #abort(opened) {
    const session = new Session({ broker: this.#broker, opened, getGrant: this.#getGrant });
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

  /** @returns {import('./messages.js').Progress} */
  #progress() {
    return { recordedBytes: this.#recordedBytes, ...this.#upload.counts };
  }
}

/** @param {import('./wire.js').Completed} completed @returns {import('./messages.js').Result} */
function resultOf({ id, key, size, etag, outcome, watch_url }) {
  return { id, key, size, etag, outcome, watchUrl: watch_url };
}
