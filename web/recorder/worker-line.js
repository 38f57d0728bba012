/**
 * The page's connection to one Worker. It starts the Worker, gives it grants, and turns its messages into calls.
 */

import { askForGrant } from './ask-for-grant.js';
import { deferred } from '../base/deferred.js';
import { asRecorderError, fromPlain, RecorderError } from '../base/errors.js';
import { FirstContact } from './first-contact.js';
import { loadWorker } from './load-worker.js';

/**
 * @typedef {import('../base/messages.js').FromWorker} FromWorker
 * @typedef {import('../broker/grant.js').GrantSource} GrantSource
 *
 * @typedef {object} WorkerLineEvents each is called at most as often as its message comes; see messages.js
 * @property {(session: import('../base/messages.js').OpenedSession) => void} [opened]
 * @property {(durationMs: number) => void} [recovered]
 * @property {(progress: import('../base/messages.js').Progress) => void} [progress]
 * @property {(part: {number: number, bytes: number}) => void} [part]
 * @property {(error: RecorderError) => void} [full]
 * @property {(error: RecorderError) => void} [trouble]
 * @property {(result: import('../base/messages.js').Result) => void} completed
 * @property {(error: RecorderError) => void} failed
 * @property {(error?: RecorderError) => void} cancelled
 */

/** After these messages the Worker calls the broker. */
const STARTING = ['record', 'send', 'recover'];

export class WorkerLine {
  #worker;
  #grant;
  #events;
  #loaded = deferred();
  #contact = new FirstContact();
  #online = () => this.post({ type: 'online' });

  /**
   * @param {{grant: GrantSource, workerUrl?: string | URL}} options
   * @param {WorkerLineEvents} events
   * @throws {RecorderError} `not-supported` where there is no Worker: a server that renders pages may import the recorder only
   */
  constructor({ grant, workerUrl }, events) {
    if (!globalThis.Worker) throw new RecorderError('not-supported', 'there is no Worker here: recordings and uploads take a browser’s page', { field: 'Worker' });
    this.#grant = grant;
    this.#events = events;
    this.#worker = loadWorker(workerUrl, {
      onMessage: (message) => this.#handle(message),
      onError: (event) => this.#crashed(event),
    });
    globalThis.addEventListener('online', this.#online);
    this.alive = true;
  }

  /** Resolves once the Worker runs; rejects with `worker-failed` when it cannot be loaded. */
  get ready() {
    return this.#loaded.promise;
  }

  /** @param {import('../base/messages.js').ToWorker} message */
  post(message) {
    if (!this.alive) return;
    this.#worker.postMessage(message);
    if (STARTING.includes(message.type)) this.#contact.expect();
  }

  close() {
    this.alive = false;
    globalThis.removeEventListener('online', this.#online);
    this.#worker.terminate();
    this.#contact.end();
    this.#loaded.reject(new RecorderError('cancelled', 'given up before the Worker was loaded')); // if it is not
  }

  /** @param {FromWorker} message */
  #handle(message) {
    const events = this.#events;
    this.#contact.heard(message);
    switch (message.type) {
      case 'ready': return this.#loaded.resolve(undefined);
      case 'need-grant': return void this.#giveGrant();
      case 'opened': return events.opened?.(message.session);
      case 'recovered': return events.recovered?.(message.durationMs);
      case 'progress': return events.progress?.(message.progress);
      case 'part': return events.part?.({ number: message.number, bytes: message.bytes });
      case 'full': return events.full?.(fromPlain(message.error));
      case 'trouble': return events.trouble?.(fromPlain(message.error));
      case 'completed': this.close(); return events.completed(message.result);
      case 'failed': return events.failed(fromPlain(message.error));
      case 'cancelled': this.close(); return events.cancelled(message.error && fromPlain(message.error));
    }
  }

  async #giveGrant() {
    try {
      const grant = await askForGrant(this.#grant, { wanted: () => this.alive, onTrouble: (error) => { if (this.alive) this.#events.trouble?.(error); } });
      this.post({ type: 'grant', grant });
    } catch (error) {
      this.post({ type: 'grant', error: `cannot get a grant: ${asRecorderError(error).message}` });
    }
  }

  /** @param {{message?: string}} event an uncaught error, or (without a message) a Worker that did not load */
  #crashed(event) {
    if (!this.alive) return;
    const why = event.message || 'it did not load; this page’s CSP must allow it (worker-src blob:), or workerUrl must name its file';
    const error = new RecorderError('worker-failed', `the recorder’s Worker: ${why}`);
    this.#loaded.reject(error);
    this.close();
    this.#events.failed(error);
  }
}
