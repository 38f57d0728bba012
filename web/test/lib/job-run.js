/**
 * A job as the Worker runs it, for tests in node: over a disk in memory, against a Cloud.
 */

import assert from 'node:assert/strict';
import { recoverRecording, sendFile, startRecording } from '../../job/start-job.js';
import { DurableFolder } from './durable-folder.js';
import { fetchPut } from './fetch-put.js';

/** How long a test waits for what must come. */
const WAIT_MS = 8000;

/** A job and what it said. */
export class JobRun {
  messages = [];
  #cloud;
  #waiting = new Set();

  /**
   * @param {import('./cloud.js').Cloud} cloud
   * @param {{timing?: object, file?: Blob, job?: object, getGrant?: () => Promise<string>, folder?: DurableFolder, recover?: boolean,
   *   fileBytes?: number, connection?: import('../../base/connection.js').Connection, estimate?: () => Promise<object>, memory?: import('../../job/memory-room.js').Bounds}} [how] recover: what lies in the folder
   */
  constructor(cloud, { timing = {}, file, job = {}, getGrant = async () => 'gr_1', folder = new DurableFolder(), recover = false, fileBytes = 1000, ...more } = {}) {
    this.#cloud = cloud;
    const needs = {
      getGrant, put: fetchPut, ...more,
      timing: { retryBaseMs: 2, retryCapMs: 20, ...timing },
      emit: (message) => {
        this.messages.push(structuredClone(message)); // as postMessage would
        for (const check of this.#waiting) check();
      },
    };
    this.folder = folder;
    const whole = { broker: cloud.url, contentType: 'video/mp4', parallel: 4, ...job };
    this.started = start(whole);

    async function start(job) {
      if (file) return sendFile(job, file, needs);
      return recover ? recoverRecording(folder, needs, job.parallel) : startRecording(job, folder, needs, fileBytes);
    }
  }

  of(type) {
    return this.messages.filter((message) => message.type === type);
  }

  /** The first message of one of these types from now on, or the one that was there. */
  said(...types) {
    return new Promise((resolve, reject) => {
      const inVain = () => reject(new Error(`waited in vain for ${types}; said: ${this.messages.map(({ type }) => type)}`));
      const timer = setTimeout(inVain, WAIT_MS);
      const check = () => {
        const found = this.messages.find(({ type }) => types.includes(type));
        if (!found) return;
        this.#waiting.delete(check);
        clearTimeout(timer);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }

  add(blob, durationMs = 0) { void this.started.then(({ recorded }) => recorded.add(blob, durationMs)); }

  end(durationMs = 0) { void this.started.then(({ recorded }) => recorded.end(durationMs)); }

  retry() { void this.started.then(({ upload }) => upload.retry()); }

  /** As a killed tab: nothing more happens, nor of what it had sent. @returns {Promise<DurableFolder>} what it leaves behind */
  async kill() {
    (await this.started).upload.failed(new Error('killed'));
    await this.said('failed');
    await until(() => this.#cloud.isQuiet(), 'no request of it is on its way');
    return this.folder.copy();
  }

  async cancel() { await (await this.started).upload.cancel(); }

  record(bytes, sliceSize = 300) {
    for (let from = 0; from < bytes.length; from += sliceSize) {
      this.add(new Blob([bytes.subarray(from, from + sliceSize)], { type: 'video/mp4' }));
    }
  }

  /** Records these bytes, ends, and waits for how it ends. */
  async all(bytes) {
    this.record(bytes);
    this.end();
    return this.said('completed', 'failed');
  }
}

/** @param {() => unknown} condition @param {string} what */
export async function until(condition, what) {
  for (const start = Date.now(); !await condition();) {
    if (Date.now() - start > WAIT_MS) assert.fail(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
