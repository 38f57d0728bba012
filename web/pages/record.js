/**
 * The recording page. It shows what the Recorder says and asks it for what the person wants; everything about
 * recording and uploading is in ../recorder.js, and each thing on the page in a module beside this one.
 *
 * The page's states are the Recorder's, and: `loading`; `blocked` (no grant, no secure context); `trying` (devices, before
 * anything is recorded); `counting` (down, while the Recorder is `starting`); `uploading` (a file).
 */

import { Recorder, uploadFile } from '../recorder.js';
import { askFirst, isAsking, stopAsking } from './ask-first.js';
import { Countdown } from './countdown.js';
import { EndPane } from './end-pane.js';
import { errorMessage } from './error-words.js';
import { findGrants, takeGrantFromAddress } from './grant.js';
import { LinkView } from './link-view.js';
import { LivePane } from './live-pane.js';
import { moveFocus } from './move-focus.js';
import { byId, showMessage, showState } from './page-state.js';
import { ProgressPane } from './progress-pane.js';
import { strings } from './record-strings.js';
import { canRecord, READY, StartPane } from './start-pane.js';
import { TroubleNote } from './trouble-note.js';
import { UnfinishedList } from './unfinished-list.js';

/**
 * @typedef {import('../recorder.js').RecorderError} RecorderError
 * @typedef {ReturnType<typeof Recorder.recover>} Recovery
 */

const $ = {
  headline: byId('headline', HTMLElement),
  status: byId('status', HTMLElement),
  pause: byId('pause', HTMLButtonElement),
  reload: byId('reload', HTMLButtonElement),
};

/** Failures of a recording after which there is nothing left to send. */
const HOPELESS = ['empty', 'media-recorder', 'worker-failed'];
/** Failures of a file that another try would only repeat. */
const FILE_AT_FAULT = ['empty', 'invalid', 'unreadable', 'too-large', 'max-bytes', 'forbidden'];
/** States with a picture and a level meter. */
const LIVE = ['trying', 'counting', 'recording', 'paused'];
/** States with the link on the page, once there is one. */
const WITH_LINK = ['recording', 'paused', 'stopping', 'completed', 'failed'];
/** The Recorder's states in which it has nothing to do. */
const OVER = ['idle', 'completed', 'failed', 'cancelled'];
/** States with something under way that can be given up. */
const AT_WORK = ['recording', 'paused', 'stopping', 'uploading'];

let state = 'loading';
/** @type {(() => string | Promise<string>) | null} */
let grants = null;
/** @type {Recorder | Recovery | null} what is being recorded, or recovered */
let job = null;
/** @type {{file: File, controller: AbortController} | null} */
let upload = null;
let name = ''; // of the job
/** @type {{hopeless: boolean, kept: boolean}} of a failure: nothing is left to send; what is left outlives this page */
let failure = { hopeless: false, kept: false };

const countdown = new Countdown(byId('countdown', HTMLElement));
const progress = new ProgressPane();
const link = new LinkView(say);
const trouble = new TroubleNote();
const end = new EndPane();
const live = new LivePane({
  changed: () => showMessage(null),
  failed: (error) => showMessage({ ...errorMessage(error, strings.errors), kind: 'warning' }),
});
const start = new StartPane(live, { record, send: (file) => void send(file), enter });
const unfinished = new UnfinishedList({ finish, grant: () => grants });

await begin();

async function begin() {
  listen();
  if (!isSecureContext) return block(strings.insecure);
  try {
    grants = await findGrants();
  } catch {
    $.reload.hidden = false;
    return block(strings.noBroker);
  }
  if (!grants) return block(strings.noGrant);
  enter('idle');
  if (canRecord()) return;
  start.disable();
  showMessage(strings.unsupported);
}

/** @param {import('./page-state.js').Message} message */
function block(message) {
  enter('blocked');
  showMessage(message);
}

function listen() {
  const press = (/** @type {string} */ id, /** @type {() => void} */ handle) => byId(id, HTMLElement).addEventListener('click', handle);
  press('start-now', () => countdown.end());
  press('cancel-start', cancelStart);
  press('cancel-count', cancelStart);
  press('pause', () => { if (job instanceof Recorder) state === 'paused' ? job.resume() : job.pause(); });
  press('stop', () => { if (job instanceof Recorder) job.stop().catch(() => {}); }); // the state event tells the outcome
  press('discard', discard);
  press('give-up', () => (failure.hopeless || upload ? reset() : discard()));
  press('later', () => location.reload()); // it is among the unfinished ones then
  press('cancel-upload', cancelUpload);
  press('retry', retry);
  press('again', () => { start.forgetName(); reset(); });
  press('reload', () => location.reload());
  addEventListener('hashchange', () => {
    const given = takeGrantFromAddress();
    if (!given) return;
    grants = () => given;
    if (state === 'blocked') enter('idle');
  });
}

/** @param {string} next */
function enter(next) {
  const before = state;
  state = next;
  if (next !== 'failed') {
    failure = { hopeless: false, kept: false };
    trouble.leave();
  }
  showState(next);
  if (isAsking() && !AT_WORK.includes(next) && next !== 'failed') stopAsking(); // it ended while we asked
  headline(strings.headlines[next]);
  start.enter(next);
  $.pause.textContent = next === 'paused' ? strings.resume : strings.pause;
  if (!LIVE.includes(next)) live.hide();
  if (READY.includes(next)) void unfinished.refresh();
  showLink();
  showProgress();
  moveFocus(before, next);
}

/** @param {string} words */
function headline(words) {
  $.headline.textContent = words;
  document.title = strings.pageTitle(words);
  if (state !== 'idle') say(words); // the page's own opening is not news
}

/** @param {string} words are read out */
function say(words) {
  $.status.textContent = words;
}

// Recording

function record() {
  if (!grants || !READY.includes(state)) return;
  const { source } = start;
  if (!source) return showMessage(strings.chooseSource);
  start.closeTry();
  reset();
  showMessage(strings.allow);
  name = start.name;
  const started = new Recorder({ broker: location.origin, grant: grants, name: name || undefined });
  follow(started);
  // Straight from the click: the browser's screen picker needs one.
  started.start(source, { ready: () => countDown(started) }).catch((error) => {
    if (job === started && error.code !== 'cancelled') showMessage(errorMessage(error, strings.errors));
  });
}

/** Everything is open: one more look, and a breath. @param {Recorder} started */
async function countDown(started) {
  if (job !== started || !start.countsDown) return;
  showMessage(null);
  showRecorder(started);
  enter('counting');
  await countdown.run();
}

/** The browser may still be asking: nobody can take that question back, but its answer opens nothing any more. */
function cancelStart() {
  if (!['starting', 'counting'].includes(state)) return;
  job?.cancel().catch(() => {});
  countdown.end();
  showMessage(null);
}

/** @param {Recorder | Recovery} followed becomes the job */
function follow(followed) {
  job = followed;
  const current = (/** @type {(detail: any) => void} */ handle) => (/** @type {Event} */ event) => {
    if (job === followed && event instanceof CustomEvent) handle(event.detail);
  };
  followed.addEventListener('state', current(stateChanged));
  followed.addEventListener('progress', current(progressed));
  followed.addEventListener('error', current(({ error, fatal }) => {
    if (!fatal) showTrouble(error); // of a fatal one the state event tells
  }));
}

/** It goes on. @param {RecorderError} error */
function showTrouble(error) {
  if (error.code === 'device-lost' && error.field === 'audio') live.microphoneLost();
  if (trouble.show(error)) progress.cutOff();
}

/** @param {{state: string, result?: import('../recorder.js').RecordingResult, error?: RecorderError}} detail */
function stateChanged({ state: next, result, error }) {
  const before = state;
  if (next === 'recording' && before !== 'paused' && job instanceof Recorder) {
    showMessage(null);
    if (before !== 'counting') showRecorder(job);
  }
  enter(next);
  if (next === 'idle') showMessage(null); // it did not start; the rejection says why
  if (result) completed(result, result.durationMs);
  if (next === 'failed') failed(error);
}

/** @param {Recorder} recorder */
function showRecorder(recorder) {
  live.showRecorder(recorder, start.microphoneId);
  void start.refresh(); // the devices have names by now
}

async function discard() {
  if (!await askFirst(strings.sureDiscard) || !(AT_WORK.includes(state) || state === 'failed')) return;
  const discarded = job;
  try {
    await discarded?.cancel(); // the state is `cancelled` at once; S3 is told meanwhile
    if (job === discarded && state === 'cancelled') showMessage(strings.discarded);
  } catch (error) {
    if (job !== discarded) return;
    if (state === 'completed') return showMessage(strings.discardTooLate); // the link plays
    const words = /** @type {RecorderError} */ (error).reason === 'completed' ? strings.discardRefused : strings.discardUnheard;
    if (state === 'cancelled') showMessage({ ...words, code: errorMessage(error, strings.errors).code });
  }
}

function retry() {
  showMessage(null);
  if (upload) void send(upload.file);
  else if (job) job.retry().catch(() => {});
}

/** Back to the choice of sources; forgets what was. */
function reset() {
  const left = job;
  job = upload = null;
  if (left && !OVER.includes(left.state)) left.cancel().catch(() => {}); // nothing records where nobody can see it
  name = '';
  trouble.forget();
  showMessage(null);
  progress.show({ recordedBytes: 0, uploadedBytes: 0, durationMs: 0 });
  link.show('', { ready: false, wanted: false });
  if (state !== 'idle') enter('idle');
}

// What was interrupted

/** @param {import('../recorder.js').Unfinished} recording */
function finish(recording) {
  if (!grants || !READY.includes(state)) return;
  start.closeTry();
  reset();
  name = recording.name ?? '';
  const recovery = Recorder.recover(recording.id, { grant: grants });
  recovery.result.catch(() => {}); // the state event tells the outcome
  follow(recovery);
  progress.show({ recordedBytes: recording.bytes, uploadedBytes: recording.uploadedBytes, durationMs: recording.durationMs });
  enter('stopping');
}

// Uploading a file

/** @param {File} file */
async function send(file) {
  if (!grants || ![...OVER, 'trying'].includes(state)) return; // the file picker does not know what went on behind it
  if (state === 'failed' && !upload && !failure.hopeless) return; // a recording still waits for its retry
  start.closeTry();
  reset();
  const controller = new AbortController();
  const mine = upload = { file, controller };
  name = start.name || file.name;
  progress.show({ recordedBytes: file.size, uploadedBytes: 0 });
  enter('uploading');
  try {
    const result = await uploadFile(file, {
      broker: location.origin, grant: grants, name, signal: controller.signal,
      onProgress: (counts) => { if (upload === mine) progressed(counts); },
      onTrouble: (error) => { if (upload === mine) showTrouble(error); },
    });
    if (upload !== mine) return;
    enter('completed');
    completed(result);
  } catch (error) {
    if (upload !== mine) return;
    if (!controller.signal.aborted) return uploadFailed(/** @type {RecorderError} */ (error));
    reset();
    showMessage(strings.uploadCancelled);
  }
}

/** The file is still where it was. @param {RecorderError} error */
function uploadFailed(error) {
  enter('failed');
  headline(strings.uploadFailed);
  end.offer({ retry: !FILE_AT_FAULT.includes(error.code), later: false, leave: strings.back });
  showMessage(errorMessage(error, { ...strings.errors, ...strings.fileErrors }));
}

async function cancelUpload() {
  const cancelled = upload;
  if (await askFirst(strings.sureCancel) && upload === cancelled) cancelled?.controller.abort();
}

// The end

/**
 * @param {import('../recorder.js').UploadResult} result
 * @param {number} [durationMs]
 */
function completed({ size, outcome, watchUrl }, durationMs) {
  end.summarize({ name, durationMs, size });
  link.show(watchUrl, { ready: true, wanted: true });
  showMessage(outcome === 'salvaged' ? { kind: 'warning', text: strings.salvaged } : null);
}

/** @param {RecorderError} [error] */
function failed(error) {
  const wasOnDevice = !(job instanceof Recorder); // what is recovered lies there, also where that did not begin
  failure = { hopeless: HOPELESS.includes(error?.code ?? ''), kept: error?.detail?.onDevice ?? wasOnDevice };
  const { hopeless, kept } = failure;
  if (hopeless) headline(error?.code === 'worker-failed' ? strings.lost : strings.nothingRecorded);
  end.offer({ retry: !hopeless, later: kept && !hopeless, leave: hopeless ? strings.back : strings.discard });
  if (error?.code === 'empty') link.show('', { ready: false, wanted: false });
  showProgress();
  showMessage(errorMessage(error, { ...strings.errors, ...strings.failures }));
  moveFocus('', 'failed');
}

// What is where

/** @param {import('./safety-view.js').Counts & {durationMs?: number}} detail */
function progressed(detail) {
  if (progress.show(detail)) trouble.eased();
  if (job) showLink(); // a file's comes with its end
}

function showProgress() {
  progress.enter({ state, isFile: Boolean(upload), ...failure });
}

function showLink() {
  link.show(job?.watchUrl ?? '', { ready: state === 'completed', wanted: WITH_LINK.includes(state) });
}
