/**
 * The page's end of the line to one Worker: starts it, hands it grants, and turns its messages into calls.
 */

import { askForGrant } from './ask-for-grant.js';
import { deferred } from './deferred.js';
import { asRecorderError, fromPlain, RecorderError } from './errors.js';
import { loadWorker } from './load-worker.js';

/**
 * @typedef {import('./messages.js').FromWorker} FromWorker
 * @typedef {import('./grant.js').GrantSource} GrantSource
 *
 * @typedef {object} LinkEvents each is called at most as often as its message comes; see messages.js
 * @property {(session: import('./messages.js').Session) => void} [opened]
 * @property {(durationMs: number) => void} [recovered]
 * @property {(progress: import('./messages.js').Progress) => void} [progress]
 * @property {(part: {number: number, bytes: number}) => void} [part]
 * @property {(error: RecorderError) => void} [full]
 * @property {(error: RecorderError) => void} [trouble]
 * @property {(result: import('./messages.js').Result) => void} completed
 * @property {(error: RecorderError) => void} failed
 * @property {(error?: RecorderError) => void} cancelled
 */

export class UploadLink {
  #worker;
  #grant;
  #events;
  #loaded = deferred();
  #online = () => this.post({ type: 'online' });

  /**
   * @param {{grant: GrantSource, workerUrl?: string | URL}} options
   * @param {LinkEvents} events
   */
  constructor({ grant, workerUrl }, events) {
    this.#grant = grant;
    this.#events = events;
    this.#worker = loadWorker(workerUrl);
    this.#worker.addEventListener('message', ({ data }) => this.#handle(data));
    this.#worker.addEventListener('error', (event) => this.#crashed(event));
    globalThis.addEventListener('online', this.#online);
    this.alive = true;
  }

  /** Resolves once the Worker runs; rejects with `worker-failed` when it cannot be loaded. */
  get ready() {
    return this.#loaded.promise;
  }

  /** @param {import('./messages.js').ToWorker} message */
  post(message) {
    if (this.alive) this.#worker.postMessage(message);
  }

  close() {
    this.alive = false;
    globalThis.removeEventListener('online', this.#online);
    this.#worker.terminate();
    this.#loaded.reject(new RecorderError('cancelled', 'given up before the Worker was loaded')); // if it is not
  }

  /** @param {FromWorker} message */
  #handle(message) {
    const events = this.#events;
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

  /** @param {ErrorEvent} event an uncaught error, or (without a message) a Worker that did not load */
  #crashed(event) {
    if (!this.alive) return;
    const why = event.message || 'it did not load; its origin must allow CORS, and this page’s CSP must allow it (script-src, worker-src blob:)';
    const error = new RecorderError('worker-failed', `the recorder’s Worker: ${why}`);
    this.#loaded.reject(error);
    this.close();
    this.#events.failed(error);
  }
}
