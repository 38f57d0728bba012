/**
 * The recording page. It shows what the Recorder says and asks it for what the person wants; everything about
 * recording and uploading is in ../recorder.js, and each thing on the page in a module beside this one.
 */

import { Recorder } from '../../recorder.js';
import { brokerUrl } from '../broker-url.js';
import { askFirst, isAsking, stopAsking } from './ask-first.js';
import { Countdown } from './countdown.js';
import { EndPane } from './end-pane.js';
import { errorMessage } from '../error-words.js';
import { FileUpload } from './file-upload.js';
import { findGrants, followAddress } from '../grant.js';
import { Headline } from './headline.js';
import { discardJob, follow } from './job.js';
import { LinkView } from './link-view.js';
import { LivePane } from './live-pane.js';
import { moveFocus } from './move-focus.js';
import { byId, showMessage, showState } from '../page-state.js';
import { ProgressPane } from './progress-pane.js';
import { AT_WORK, LIVE, OVER, READY, WITH_LINK } from './states.js';
import { strings } from './strings.js';
import { canRecord, StartPane } from './start-pane.js';
import { TroubleNote } from './trouble-note.js';
import { UnfinishedList } from './unfinished-list.js';

/** @typedef {import('../../recorder.js').RecorderError} RecorderError */

let state = 'loading';
/** @type {(() => string | Promise<string>) | null} */
let grants = null;
/** @type {import('./job.js').Job | null} */
let job = null;
let name = ''; // of the job
/** @type {import('./end-pane.js').Failure} */
let failure = { hopeless: false, kept: false };

const countdown = new Countdown(byId('countdown', HTMLElement));
const progress = new ProgressPane();
const headline = new Headline();
const link = new LinkView((words) => headline.say(words));
const trouble = new TroubleNote();
const end = new EndPane();
const live = new LivePane({
  changed: () => showMessage(null),
  failed: (error) => showMessage({ ...errorMessage(error, strings.errors), kind: 'warning' }),
});
const upload = new FileUpload({ progressed, trouble: showTrouble, completed: uploaded, failed: uploadFailed, cancelled: uploadCancelled });
const start = new StartPane(live, { record, send, enter });
const unfinished = new UnfinishedList({ finish, grant: () => grants });

await begin();

async function begin() {
  listen();
  if (!isSecureContext) return block(strings.insecure);
  try {
    grants = await findGrants();
  } catch {
    byId('reload', HTMLElement).hidden = false;
    return block(strings.noBroker);
  }
  if (!grants) return block(strings.noGrant);
  enter('idle');
  if (canRecord()) return;
  start.disable();
  showMessage(strings.unsupported);
}

/** @param {import('../page-state.js').Message} message */
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
  press('give-up', () => (failure.hopeless || upload.file ? reset() : discard()));
  press('later', () => location.reload()); // it is among the unfinished ones then
  press('cancel-upload', () => void upload.cancel());
  press('retry', retry);
  press('again', () => { start.forgetName(); reset(); });
  press('reload', () => location.reload());
  followAddress((given) => {
    grants = given;
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
  headline.show(strings.headlines[next], { aloud: next !== 'idle' }); // the page's own opening is not news
  start.enter(next);
  byId('pause', HTMLElement).textContent = next === 'paused' ? strings.resume : strings.pause;
  if (!LIVE.includes(next)) live.hide();
  if (READY.includes(next)) void unfinished.refresh();
  showLink();
  showProgress();
  moveFocus(before, next);
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
  const started = new Recorder({ broker: brokerUrl(location.href), grant: grants, name: name || undefined });
  take(started);
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

/** @param {import('./job.js').Job} next */
function take(next) {
  job = next;
  follow(next, () => job === next, {
    state: stateChanged, progress: progressed, eased: ({ code }) => trouble.over(code),
    error: ({ error, fatal }) => { if (!fatal) showTrouble(error); }, // of a fatal one the state event tells
  });
}

/** It goes on. @param {RecorderError} error */
function showTrouble(error) {
  if (error.code === 'device-lost' && error.field === 'audio') live.microphoneLost();
  if (trouble.show(error)) progress.cutOff();
}

/** @param {{state: string, result?: import('../../recorder.js').RecordingResult, error?: RecorderError}} detail */
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
  const words = discarded && await discardJob(discarded);
  if (words && job === discarded && state === discarded.state) showMessage(words);
}

function retry() {
  showMessage(null);
  if (upload.file) send(upload.file);
  else if (job) job.retry().catch(() => {});
}

/** Back to the choice of sources; forgets what was. */
function reset() {
  const left = job;
  job = null;
  upload.forget();
  if (left && !OVER.includes(left.state)) left.cancel().catch(() => {}); // nothing records where nobody can see it
  name = '';
  trouble.forget();
  showMessage(null);
  progress.show({ recordedBytes: 0, uploadedBytes: 0, durationMs: 0 });
  link.show('', { ready: false, wanted: false });
  if (state !== 'idle') enter('idle');
}

// What was interrupted

/** @param {import('../../recorder.js').Unfinished} recording */
function finish(recording) {
  if (!grants || !READY.includes(state)) return;
  start.closeTry();
  reset();
  name = recording.name ?? '';
  const recovery = Recorder.recover(recording.id, { grant: grants });
  recovery.result.catch(() => {}); // the state event tells the outcome
  take(recovery);
  progress.show({ recordedBytes: recording.bytes, uploadedBytes: recording.uploadedBytes, durationMs: recording.durationMs });
  enter('stopping');
}

// Uploading a file

/** @param {File} file */
function send(file) {
  if (!grants || ![...OVER, 'trying'].includes(state)) return; // the file picker does not know what went on behind it
  if (state === 'failed' && !upload.file && !failure.hopeless) return; // a recording still waits for its retry
  start.closeTry();
  reset();
  name = start.name || file.name; // for the page: a file's own name is made to fit before it is sent
  void upload.send(file, { grant: grants, name: start.name || undefined });
  progress.show({ recordedBytes: file.size, uploadedBytes: 0 });
  enter('uploading');
}

/** @param {import('../../recorder.js').UploadResult} result */
function uploaded(result) {
  enter('completed');
  completed(result);
}

/** The file is still where it was. @param {RecorderError} error @param {boolean} retry may help */
function uploadFailed(error, retry) {
  enter('failed');
  headline.show(strings.uploadFailed);
  end.offer({ retry, later: false, leave: strings.back });
  showMessage(errorMessage(error, { ...strings.errors, ...strings.fileErrors }));
}

function uploadCancelled() {
  reset();
  showMessage(strings.uploadCancelled);
}

// The end

/**
 * @param {import('../../recorder.js').UploadResult} result
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
  failure = end.judge(error, wasOnDevice);
  if (failure.hopeless) headline.show(error?.code === 'worker-failed' ? strings.lost : strings.nothingRecorded);
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
  progress.enter({ state, isFile: upload.file !== null, ...failure });
}

function showLink() {
  link.show(job?.watchUrl ?? '', { ready: state === 'completed', wanted: WITH_LINK.includes(state) });
}
