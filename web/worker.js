/**
 * The Worker's entry: one job per Worker. Timers of a hidden page are throttled, a Worker's are not, so everything
 * that must not wait runs in here.
 */

import { Connection } from './base/connection.js';
import { deferred } from './base/deferred.js';
import { Compositor } from './composite/compositor.js';
import { createFolder, openFolder } from './disk/storage.js';
import { asRecorderError, RecorderError, toPlain } from './base/errors.js';
import { probeStorage } from './check/probe-storage.js';
import { put } from './s3/put.js';
import { takeLock } from './base/recording-lock.js';
import { recoverRecording, sendFile, startRecording } from './job/start-job.js';
import { discardUnfinished } from './job/unfinished.js';

/**
 * @typedef {import('./base/messages.js').ToWorker} ToWorker
 * @typedef {import('./base/messages.js').FromWorker} FromWorker
 * @typedef {import('./job/start-job.js').Started} Started
 *
 * @typedef {object} Beginning how the one job begins
 * @property {() => Promise<Started>} start may be tried again when it fails
 * @property {() => Promise<void>} discard what there is of it as long as it did not begin
 */

const scope = /** @type {EventTarget & {postMessage: (message: FromWorker) => void}} */ (/** @type {unknown} */ (globalThis));
const connection = new Connection(scope);

/** Resolves when it has begun, by whichever try. @type {import('./base/deferred.js').Deferred<Started>} */
const started = deferred();
/** @type {Beginning | undefined} */
let beginning;
/** Whether the newest try has succeeded. @type {Promise<boolean>} */
let trying = Promise.resolve(false);
/** @type {import('./base/deferred.js').Deferred<string> | undefined} */
let grantWanted;
/** @type {Compositor | undefined} */
let compositor;

scope.addEventListener('message', (event) => handle(/** @type {MessageEvent<ToWorker>} */ (event).data));
scope.postMessage({ type: 'ready' });

/** @param {ToWorker} message */
function handle(message) {
  switch (message.type) {
    case 'record': return begin({ start: () => record(message), discard: async () => {} });
    case 'recover': return begin({ start: () => recover(message), discard: () => discardUnfinished(message.id, { grant: getGrant }) });
    case 'send': return begin({ start: async () => sendFile(message.job, message.file, needs), discard: async () => {} });
    case 'data': return then(({ recorded }) => recorded?.add(message.blob, message.durationMs));
    case 'poster': return then(({ upload }) => upload.takePoster(message.poster));
    case 'end': return then(({ recorded }) => recorded?.end(message.durationMs));
    case 'retry': return void retry();
    case 'cancel': return void cancel();
    case 'probe': return void probeStorage().then((storage) => scope.postMessage({ type: 'probed', storage }));
    case 'compose': compositor = new Compositor(message); return;
    case 'bubble': if (compositor) compositor.bubble = message.bubble; return;
    case 'online': return connection.cameOnline(); // as the browser may have told us already
    case 'grant':
      if ('grant' in message) grantWanted?.resolve(message.grant);
      else grantWanted?.reject(new RecorderError('grant-failed', message.error));
      grantWanted = undefined;
  }
}

/** @param {import('./base/messages.js').RecordMessage} message */
async function record({ job }) {
  const id = crypto.randomUUID();
  await takeLock(id); // before anybody can see it
  const folder = await createFolder(id);
  try {
    return await startRecording(job, folder, needs);
  } catch (error) {
    await folder.destroy().catch(() => {}); // the next try has one of its own
    throw error;
  }
}

/** @param {import('./base/messages.js').RecoverMessage} message */
async function recover({ id, parallel }) {
  const release = await takeLock(id);
  if (!release) throw new RecorderError('invalid-state', 'another tab is at work on this recording');
  let folder = null;
  try {
    folder = await openFolder(id);
    if (!folder) throw new RecorderError('not-found', 'there is no such recording on this device');
    return await recoverRecording(folder, needs, parallel);
  } catch (error) {
    folder?.close();
    release(); // for the next try, or another tab's
    throw error;
  }
}

/** @param {Beginning} how */
function begin(how) {
  beginning = how;
  trying = how.start().then((job) => {
    started.resolve(job);
    return true;
  }, (error) => {
    tellFailed(error);
    return false;
  });
}

async function retry() {
  const tried = trying;
  if (await tried) (await started.promise).upload.retry();
  else if (beginning && trying === tried) begin(beginning);
}

async function cancel() {
  if (await trying) return (await started.promise).upload.cancel();
  await beginning?.discard().then(
    () => scope.postMessage({ type: 'cancelled' }),
    (error) => scope.postMessage({ type: 'cancelled', error: toPlain(asRecorderError(error)) }),
  );
}

/** @param {unknown} error */
function tellFailed(error) {
  scope.postMessage({ type: 'failed', error: toPlain(asRecorderError(error)) });
}

/** In the order in which it was asked for; what is recorded before the job begins waits for that. @param {(job: Started) => unknown} work */
function then(work) {
  void started.promise.then(work);
}

/** Grants come from the page: its `grant` may be a function. @returns {Promise<string>} */
function getGrant() {
  if (!grantWanted) {
    grantWanted = deferred();
    scope.postMessage({ type: 'need-grant' });
  }
  return grantWanted.promise;
}

/** @type {import('./job/start-job.js').JobNeeds} */
const needs = { getGrant, put, emit: (message) => scope.postMessage(message), connection };
