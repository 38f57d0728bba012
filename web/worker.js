/**
 * The Worker's entry: one job per Worker. Timers of a hidden page are throttled, a Worker's are not, so everything
 * that must not wait runs in here.
 */

import { Connection } from './connection.js';
import { deferred } from './deferred.js';
import { createFolder, openFolder } from './disk/storage.js';
import { asRecorderError, RecorderError, toPlain } from './errors.js';
import { probeStorage } from './probe-storage.js';
import { put } from './put.js';
import { takeLock } from './recording-lock.js';
import { recoverRecording, sendFile, startRecording } from './start-job.js';

/**
 * @typedef {import('./messages.js').ToWorker} ToWorker
 * @typedef {import('./messages.js').FromWorker} FromWorker
 * @typedef {import('./start-job.js').Started} Started
 */

const scope = /** @type {EventTarget & {postMessage: (message: FromWorker) => void}} */ (/** @type {unknown} */ (globalThis));
const connection = new Connection(scope);

/** @type {Promise<Started> | undefined} */
let started;
/** @type {import('./deferred.js').Deferred<string> | undefined} */
let grantWanted;

scope.addEventListener('message', (event) => handle(/** @type {MessageEvent<ToWorker>} */ (event).data));
scope.postMessage({ type: 'ready' });

/** @param {ToWorker} message */
function handle(message) {
  switch (message.type) {
    case 'record': return begin(record(message));
    case 'recover': return begin(recover(message));
    case 'send': return begin(Promise.resolve(sendFile(message.job, message.file, means)));
    case 'data': return then(({ recorded }) => recorded?.add(message.blob, message.durationMs));
    case 'end': return then(({ recorded }) => recorded?.end());
    case 'retry': return void started?.then(({ upload }) => upload.retry(), tellFailed); // one that did not begin has nothing to go on with
    case 'cancel': return void started?.then(({ upload }) => upload.cancel(), () => scope.postMessage({ type: 'cancelled' }));
    case 'probe': return void probeStorage().then((storage) => scope.postMessage({ type: 'probed', storage }));
    case 'online': return connection.cameOnline(); // as the browser may have told us already
    case 'grant':
      if ('grant' in message) grantWanted?.resolve(message.grant);
      else grantWanted?.reject(new RecorderError('grant-failed', message.error));
      grantWanted = undefined;
  }
}

/** @param {import('./messages.js').RecordMessage} message */
async function record({ job }) {
  const id = crypto.randomUUID();
  await takeLock(id); // before anybody can see it
  return startRecording(job, await createFolder(id), means);
}

/** @param {import('./messages.js').RecoverMessage} message */
async function recover({ id, parallel }) {
  if (!await takeLock(id)) throw new RecorderError('invalid-state', 'another tab is at work on this recording');
  const folder = await openFolder(id);
  if (!folder) throw new RecorderError('not-found', 'there is no such recording on this device');
  return recoverRecording(folder, means, parallel);
}

/** @param {Promise<Started>} job */
function begin(job) {
  started = job;
  job.catch(tellFailed);
}

/** @param {unknown} error */
function tellFailed(error) {
  scope.postMessage({ type: 'failed', error: toPlain(asRecorderError(error)) });
}

/** In the order in which it was asked for. @param {(job: Started) => unknown} work */
function then(work) {
  started?.then(work).catch(() => {}); // one that did not begin has said so
}

/** Grants come from the page: its `grant` may be a function. @returns {Promise<string>} */
function getGrant() {
  if (!grantWanted) {
    grantWanted = deferred();
    scope.postMessage({ type: 'need-grant' });
  }
  return grantWanted.promise;
}

/** @type {import('./start-job.js').Means} */
const means = { getGrant, put, emit: (message) => scope.postMessage(message), connection };
