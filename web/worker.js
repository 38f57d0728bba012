/**
 * The Worker's entry: one job per Worker. Timers of a hidden page are throttled, a Worker's are not, so everything
 * that must not wait runs in here.
 */

import { RecorderError } from './errors.js';
import { put } from './put.js';
import { UploadJob } from './upload-job.js';

/**
 * @typedef {import('./messages.js').ToWorker} ToWorker
 * @typedef {import('./messages.js').FromWorker} FromWorker
 */

const scope = /** @type {EventTarget & {postMessage: (message: FromWorker) => void}} */ (/** @type {unknown} */ (globalThis));

/** @type {UploadJob | undefined} */
let job;
/** @type {{resolve: (grant: string) => void, reject: (error: RecorderError) => void} | undefined} */
let grantWanted;

scope.addEventListener('message', (event) => handle(/** @type {MessageEvent<ToWorker>} */ (event).data));
scope.postMessage({ type: 'ready' });

/** @param {ToWorker} message */
function handle(message) {
  switch (message.type) {
    case 'open':
      job = new UploadJob({ job: message.job, file: message.file, getGrant, put, emit: (m) => scope.postMessage(m), wake: scope });
      return void job.run();
    case 'data': return job?.add(message.blob);
    case 'end': return job?.end();
    case 'retry': return job?.retry();
    case 'cancel': return void job?.cancel();
    case 'online': return void scope.dispatchEvent(new Event('online')); // as the browser may have done already
    case 'grant':
      if ('grant' in message) grantWanted?.resolve(message.grant);
      else grantWanted?.reject(new RecorderError('grant-failed', message.error));
  }
}

/** Grants come from the page: its `grant` may be a function. @returns {Promise<string>} */
function getGrant() {
  return new Promise((resolve, reject) => {
    grantWanted = { resolve, reject };
    scope.postMessage({ type: 'need-grant' });
  });
}
