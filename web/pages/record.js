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
import { errorMessage } from './error-words.js';
import { formatBytes, formatDuration } from './format.js';
import { findGrants, takeGrantFromAddress } from './grant.js';
import { askBeforeLeaving, losesByLeaving } from './leaving.js';
import { LinkView } from './link-view.js';
import { byId, showMessage, showState } from './page-state.js';
import { strings } from './record-strings.js';
import { RecordedClock } from './recorded-clock.js';
import { SafetyView } from './safety-view.js';
import { SourceChoice } from './source-choice.js';
import { TryOut } from './try-out.js';
import { UnfinishedList } from './unfinished-list.js';
import { VoiceControls } from './voice-controls.js';

/**
 * @typedef {import('../recorder.js').RecorderError} RecorderError
 * @typedef {ReturnType<typeof Recorder.recover>} Recovery
 */

const $ = {
  headline: byId('headline', HTMLElement),
  status: byId('status', HTMLElement),
  name: byId('name', HTMLInputElement),
  countDown: byId('count-down', HTMLInputElement),
  record: byId('record', HTMLButtonElement),
  recordLabel: byId('record-label', HTMLElement),
  tryOut: byId('try-out', HTMLButtonElement),
  startNow: byId('start-now', HTMLButtonElement),
  file: byId('file', HTMLInputElement),
  preview: byId('preview', HTMLVideoElement),
  soundOnly: byId('sound-only', SVGElement),
  timer: byId('timer', HTMLElement),
  summary: byId('summary', HTMLElement),
  pause: byId('pause', HTMLButtonElement),
  stop: byId('stop', HTMLButtonElement),
  cancelUpload: byId('cancel-upload', HTMLButtonElement),
  retry: byId('retry', HTMLButtonElement),
  later: byId('later', HTMLButtonElement),
  giveUp: byId('give-up', HTMLButtonElement),
  reload: byId('reload', HTMLButtonElement),
};

/** Failures of a recording after which there is nothing left to send. */
const HOPELESS = ['empty', 'media-recorder', 'worker-failed'];
/** Failures of a file that another try would only repeat. */
const FILE_AT_FAULT = ['empty', 'invalid', 'unreadable', 'too-large', 'max-bytes', 'forbidden'];
/** Troubles that pass by themselves: their message goes as soon as something gets through. */
const PASSING = ['offline', 'unavailable', 's3', 'url-expired', 'internal'];
/** States from which a recording can be started. */
const READY = ['idle', 'trying', 'cancelled'];
/** States with a picture and a level meter. */
const LIVE = ['trying', 'counting', 'recording', 'paused'];
/** States with the link on the page, once there is one. */
const WITH_LINK = ['recording', 'paused', 'stopping', 'completed', 'failed'];
/** The Recorder's states in which it has nothing to do. */
const OVER = ['idle', 'completed', 'failed', 'cancelled'];
/** States with something under way that can be given up. */
const AT_WORK = ['recording', 'paused', 'stopping', 'uploading'];

const NOTHING = { recordedBytes: 0, uploadedBytes: 0 };

let state = 'loading';
/** @type {(() => string | Promise<string>) | null} */
let grants = null;
/** @type {Recorder | Recovery | null} what is being recorded, or recovered */
let job = null;
/** @type {{file: File, controller: AbortController} | null} */
let upload = null;
let name = ''; // of the job
let troubled = false; // the message tells of a trouble that passes by itself
let warned = false; // the message tells of something that does not: it stays
/** @type {{hopeless: boolean, kept: boolean}} of a failure: nothing is left to send; what is left outlives this page */
let failure = { hopeless: false, kept: false };

const clock = new RecordedClock();
const countdown = new Countdown(byId('countdown', HTMLElement));
const safety = new SafetyView();
const link = new LinkView(say);
const tryOut = new TryOut();
const choice = new SourceChoice(() => { if (state === 'trying') void tryDevices(); showTryOut(); });
const unfinished = new UnfinishedList({ finish, discard: discardUnfinished });
const voice = new VoiceControls({
  changed: () => showMessage(null),
  failed: (error) => showMessage({ ...errorMessage(error, strings.errors), kind: 'warning' }),
});

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
  $.record.disabled = !canRecord();
  if (!canRecord()) showMessage(strings.unsupported);
}

/** @param {import('./page-state.js').Message} message */
function block(message) {
  enter('blocked');
  showMessage(message);
}

function canRecord() {
  return 'MediaRecorder' in globalThis && Boolean(navigator.mediaDevices?.getUserMedia);
}

function listen() {
  const press = (/** @type {string} */ id, /** @type {() => void} */ handle) => byId(id, HTMLElement).addEventListener('click', handle);
  $.name.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !event.isComposing) record(); });
  press('record', record);
  press('try-out', () => (state === 'trying' ? stopTrying() : void tryDevices()));
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
  press('again', () => { $.name.value = ''; reset(); });
  press('reload', () => location.reload());
  $.file.addEventListener('change', () => {
    const file = $.file.files?.[0];
    $.file.value = ''; // so that the same file can be chosen again
    if (file) void send(file);
  });
  addEventListener('hashchange', () => {
    const given = takeGrantFromAddress();
    if (!given) return;
    grants = () => given;
    if (state === 'blocked') enter('idle');
  });
  setInterval(showTime, 250);
}

/** @param {string} next */
function enter(next) {
  const before = state;
  state = next;
  if (next !== 'failed') {
    failure = { hopeless: false, kept: false };
    troubled = false;
  }
  showState(next);
  if (isAsking() && !AT_WORK.includes(next) && next !== 'failed') stopAsking(); // it ended while we asked
  headline(strings.headlines[next]);
  $.recordLabel.textContent = next === 'starting' ? strings.starting : strings.record;
  $.pause.textContent = next === 'paused' ? strings.resume : strings.pause;
  if (!LIVE.includes(next)) hideLive();
  if (READY.includes(next)) void unfinished.refresh();
  showTryOut();
  showLink();
  showSafety();
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

/** The button that was pressed may be gone: the focus goes where the next one is. @param {string} before @param {string} next */
function moveFocus(before, next) {
  if (before === next || isAsking()) return;
  const focused = document.activeElement;
  const kept = focused instanceof HTMLElement && focused !== document.body && focused.checkVisibility?.();
  if (kept || before === 'loading') return;
  const target = { idle: $.record, cancelled: $.record, counting: $.startNow, recording: $.stop, uploading: $.cancelUpload }[next];
  (target ?? $.headline).focus();
}

// Before recording

async function tryDevices() {
  const { camera, microphone } = choice.devices;
  if (!READY.includes(state)) return;
  if (!camera && !microphone) return stopTrying();
  try {
    if (!await tryOut.open({ camera, microphone })) return;
    if (!READY.includes(state)) return tryOut.close();
    showMessage(null);
    showPicture(tryOut.stream);
    voice.showLevel(() => tryOut.level);
    enter('trying');
    await choice.refresh();
  } catch (error) {
    stopTrying();
    showMessage(errorMessage(error, strings.errors));
  }
}

function stopTrying() {
  tryOut.close();
  if (state === 'trying') enter('idle');
}

function showTryOut() {
  const { camera, microphone } = choice.devices;
  $.tryOut.hidden = !READY.includes(state) || !canRecord() || (!camera && !microphone);
  $.tryOut.textContent = state === 'trying' ? strings.endTry : strings.tryOut(Boolean(camera), Boolean(microphone));
}

/** @param {MediaStream | null} stream */
function showPicture(stream) {
  const hasPicture = Boolean(stream?.getVideoTracks().length);
  $.preview.hidden = !hasPicture;
  $.soundOnly.toggleAttribute('hidden', hasPicture);
  $.preview.srcObject = hasPicture ? stream : null;
}

function hideLive() {
  $.preview.srcObject = null;
  voice.hide();
}

// Recording

function record() {
  if (!grants || !READY.includes(state)) return;
  const source = choice.chosen;
  if (!source) return showMessage(strings.chooseSource);
  tryOut.close();
  reset();
  showMessage(strings.allow);
  name = chosenName();
  const started = new Recorder({ broker: location.origin, grant: grants, name: name || undefined });
  follow(started);
  // Straight from the click: the browser's screen picker needs one.
  started.start(source, { ready: () => countDown(started) }).catch((error) => {
    if (job === started && error.code !== 'cancelled') showMessage(errorMessage(error, strings.errors));
  });
}

/** Everything is open: one more look, and a breath. @param {Recorder} started */
async function countDown(started) {
  if (job !== started || !$.countDown.checked) return;
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

function chosenName() {
  return $.name.value.replace(/\p{Cc}/gu, ' ').trim();
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
  if (error.code === 'device-lost' && error.field === 'audio') voice.lost();
  const passes = PASSING.includes(error.code);
  if (passes) safety.cutOff();
  if (passes && warned) return;
  troubled = passes;
  warned = !passes;
  showMessage({ ...errorMessage(error, strings.errors), kind: 'warning' });
}

/** @param {{state: string, result?: import('../recorder.js').RecordingResult, error?: RecorderError}} detail */
function stateChanged({ state: next, result, error }) {
  const before = state;
  clock.run(next === 'recording');
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
  showPicture(recorder.stream);
  void voice.show(recorder, choice.chosen?.microphone ? choice.microphoneId : null);
  void choice.refresh(); // the devices have names by now
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
  warned = false;
  showMessage(null);
  clock.run(false);
  clock.set(0);
  safety.count(NOTHING);
  link.show('', { ready: false, wanted: false });
  if (state !== 'idle') enter('idle');
}

// What was interrupted

/** @param {import('../recorder.js').Unfinished} recording */
function finish(recording) {
  if (!grants || !READY.includes(state)) return;
  tryOut.close();
  reset();
  name = recording.name ?? '';
  const recovery = Recorder.recover(recording.id, { grant: grants });
  recovery.result.catch(() => {}); // the state event tells the outcome
  follow(recovery);
  safety.count({ recordedBytes: recording.bytes, uploadedBytes: recording.uploadedBytes });
  clock.set(recording.durationMs);
  enter('stopping');
}

/** @param {import('../recorder.js').Unfinished} recording */
async function discardUnfinished(recording) {
  if (!await askFirst(strings.sureDiscard)) return;
  try {
    await Recorder.discard(recording.id, { grant: grants ?? undefined });
    showMessage(strings.discarded);
  } catch (error) {
    showMessage(errorMessage(error, strings.errors));
  }
  await unfinished.refresh();
  $.headline.focus(); // the row with the button is gone
}

// Uploading a file

/** @param {File} file */
async function send(file) {
  if (!grants || ![...OVER, 'trying'].includes(state)) return; // the file picker does not know what went on behind it
  if (state === 'failed' && !upload && !failure.hopeless) return; // a recording still waits for its retry
  tryOut.close();
  reset();
  const controller = new AbortController();
  const mine = upload = { file, controller };
  name = chosenName() || file.name;
  safety.count({ ...NOTHING, recordedBytes: file.size });
  enter('uploading');
  try {
    const result = await uploadFile(file, {
      broker: location.origin, grant: grants, name, signal: controller.signal,
      onProgress: (progress) => { if (upload === mine) advanced(progress); },
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
  offerWays({ retry: !FILE_AT_FAULT.includes(error.code), later: false, leave: strings.back });
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
  const facts = [name, durationMs ? formatDuration(durationMs) : '', formatBytes(size)].filter(Boolean);
  $.summary.textContent = strings.summary(facts);
  link.show(watchUrl, { ready: true, wanted: true });
  showMessage(outcome === 'salvaged' ? { kind: 'warning', text: strings.salvaged } : null);
}

/** @param {RecorderError} [error] */
function failed(error) {
  const wasOnDevice = !(job instanceof Recorder); // what is recovered lies there, also where that did not begin
  failure = { hopeless: HOPELESS.includes(error?.code ?? ''), kept: error?.detail?.onDevice ?? wasOnDevice };
  const { hopeless, kept } = failure;
  if (hopeless) headline(error?.code === 'worker-failed' ? strings.lost : strings.nothingRecorded);
  offerWays({ retry: !hopeless, later: kept && !hopeless, leave: hopeless ? strings.back : strings.discard });
  if (error?.code === 'empty') link.show('', { ready: false, wanted: false });
  showSafety();
  showMessage(errorMessage(error, { ...strings.errors, ...strings.failures }));
  moveFocus('', 'failed');
}

/** @param {{retry: boolean, later: boolean, leave: string}} ways out of a failure; leave: what that means, in words */
function offerWays({ retry: again, later, leave }) {
  $.retry.hidden = !again;
  $.later.hidden = !later;
  $.giveUp.textContent = leave;
  $.giveUp.className = leave === strings.discard ? 'quiet danger' : '';
}

// What is where

/** @param {import('../recorder.js').RecordingProgress} progress */
function progressed(progress) {
  clock.set(progress.durationMs);
  advanced(progress);
  showLink();
}

/** @param {import('./safety-view.js').Counts} progress */
function advanced(progress) {
  if (troubled && progress.uploadedBytes > safety.counts.uploadedBytes) { // the trouble has passed
    troubled = false;
    showMessage(null);
  }
  safety.count(progress);
  showSafety();
}

function showSafety() {
  const situation = { state, isFile: Boolean(upload), ...failure };
  safety.enter(situation);
  askBeforeLeaving(losesByLeaving(situation, safety.counts));
}

function showTime() {
  const time = formatDuration(clock.ms);
  if ($.timer.textContent !== time) $.timer.textContent = time;
}

function showLink() {
  link.show(job?.watchUrl ?? '', { ready: state === 'completed', wanted: WITH_LINK.includes(state) });
}
