/**
 * The recording page. It shows what the Recorder says and asks it for what the person wants; everything about
 * recording and uploading is in ../recorder.js.
 *
 * The page's states are the Recorder's, and: `loading`; `blocked` (no grant, no secure context); `uploading` (a file).
 */

import { Recorder, uploadFile } from '../recorder.js';
import { copyText } from './copy.js';
import { errorMessage } from './error-words.js';
import { formatBytes, formatDuration } from './format.js';
import { findGrants, takeGrantFromAddress } from './grant.js';
import { byId, showMessage, showState } from './page-state.js';
import { strings } from './record-strings.js';
import { RecordedClock } from './recorded-clock.js';

/**
 * @typedef {import('../recorder.js').RecordingProgress} RecordingProgress
 * @typedef {Pick<RecordingProgress, 'recordedBytes' | 'uploadedBytes' | 'partsUploaded' | 'partsInFlight'>} Counts
 */

const $ = {
  headline: byId('headline', HTMLElement),
  status: byId('status', HTMLElement),
  screen: byId('source-screen', HTMLInputElement),
  camera: byId('source-camera', HTMLInputElement),
  mic: byId('source-mic', HTMLInputElement),
  screenTile: byId('screen-tile', HTMLElement),
  cameraNote: byId('camera-note', HTMLElement),
  name: byId('name', HTMLInputElement),
  record: byId('record', HTMLButtonElement),
  cancelStart: byId('cancel-start', HTMLButtonElement),
  recordLabel: byId('record-label', HTMLElement),
  file: byId('file', HTMLInputElement),
  preview: byId('preview', HTMLVideoElement),
  soundOnly: byId('sound-only', SVGElement),
  timer: byId('timer', HTMLElement),
  recordedWord: byId('recorded-word', HTMLElement),
  recorded: byId('recorded', HTMLElement),
  safe: byId('safe', HTMLElement),
  bar: byId('bar', HTMLProgressElement),
  transfer: byId('transfer', HTMLElement),
  summary: byId('summary', HTMLElement),
  share: byId('share', HTMLElement),
  link: byId('link', HTMLInputElement),
  linkNote: byId('link-note', HTMLElement),
  copy: byId('copy', HTMLButtonElement),
  pause: byId('pause', HTMLButtonElement),
  stop: byId('stop', HTMLButtonElement),
  discard: byId('discard', HTMLButtonElement),
  cancelUpload: byId('cancel-upload', HTMLButtonElement),
  retry: byId('retry', HTMLButtonElement),
  giveUp: byId('give-up', HTMLButtonElement),
  watch: byId('watch', HTMLAnchorElement),
  again: byId('again', HTMLButtonElement),
  reload: byId('reload', HTMLButtonElement),
  sure: byId('sure', HTMLDialogElement),
  sureTitle: byId('sure-title', HTMLElement),
  sureText: byId('sure-text', HTMLElement),
  sureYes: byId('sure-yes', HTMLButtonElement),
  sureNo: byId('sure-no', HTMLButtonElement),
};

/** Failures of a recording after which there is nothing left to send. */
const HOPELESS = ['empty', 'worker-failed'];
/** Failures of a file that another try would only repeat. */
const FILE_AT_FAULT = ['empty', 'invalid', 'unreadable', 'too-large', 'max-bytes', 'forbidden'];
/** States with the link on the page, once there is one. */
const WITH_LINK = ['recording', 'paused', 'stopping', 'completed', 'failed'];
/** The Recorder's states in which it has nothing to do. */
const OVER = ['idle', 'completed', 'failed', 'cancelled'];
/** States in which leaving the page loses something. */
const UNSAFE = ['recording', 'paused', 'stopping', 'uploading', 'failed'];

let state = 'loading';
/** @type {(() => string | Promise<string>) | null} */
let grants = null;
/** @type {Recorder | null} */
let recorder = null;
/** @type {{file: File, controller: AbortController} | null} */
let upload = null;
let troubled = false; // the message tells of a trouble that may pass
let nothingToSave = false; // failed, and nothing is left to send
const clock = new RecordedClock();
/** @type {Counts} */
const NOTHING = { recordedBytes: 0, uploadedBytes: 0, partsUploaded: 0, partsInFlight: 0 };
let last = NOTHING;

await begin();

async function begin() {
  offerSources();
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

/** What this device can record, with what people most often want ticked. */
function offerSources() {
  const hasScreen = Boolean(navigator.mediaDevices?.getDisplayMedia);
  $.screenTile.hidden = !hasScreen;
  $.screen.checked = hasScreen;
  $.camera.checked = !hasScreen;
  $.mic.checked = true;
  $.cameraNote.textContent = hasScreen ? strings.cameraInstead : strings.cameraAlone;
  $.record.disabled = !canRecord();
}

function listen() {
  // The Recorder takes one picture: ticking one unticks the other.
  $.screen.addEventListener('change', () => { if ($.screen.checked) $.camera.checked = false; });
  $.camera.addEventListener('change', () => { if ($.camera.checked) $.screen.checked = false; });
  $.name.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !event.isComposing) record(); });
  $.record.addEventListener('click', record);
  $.cancelStart.addEventListener('click', cancelStart);
  $.pause.addEventListener('click', () => (state === 'paused' ? recorder?.resume() : recorder?.pause()));
  $.stop.addEventListener('click', stop);
  $.discard.addEventListener('click', discard);
  $.giveUp.addEventListener('click', () => (nothingToSave || upload ? reset() : discard()));
  $.cancelUpload.addEventListener('click', cancelUpload);
  $.retry.addEventListener('click', retry);
  $.again.addEventListener('click', () => { $.name.value = ''; reset(); });
  $.reload.addEventListener('click', () => location.reload());
  $.file.addEventListener('change', () => {
    const file = $.file.files?.[0];
    $.file.value = ''; // so that the same file can be chosen again
    if (file) void send(file);
  });
  $.copy.addEventListener('click', copyLink);
  $.link.addEventListener('focus', () => $.link.select());
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
  nothingToSave = false;
  if (next !== 'failed') troubled = false;
  showState(next);
  if ($.sure.open && !UNSAFE.includes(next)) $.sure.close(); // it ended while we asked
  headline(strings.headlines[next]);
  $.recordLabel.textContent = next === 'starting' ? strings.starting : strings.record;
  $.pause.textContent = next === 'paused' ? strings.resume : strings.pause;
  showLink();
  moveFocus(before, next);
  guard(UNSAFE.includes(next));
}

/** @param {string} words */
function headline(words) {
  $.headline.textContent = words;
  document.title = strings.pageTitle(words);
  if (state !== 'idle') $.status.textContent = words; // read out; the page's own opening is not news
}

/** The button that was pressed may be gone: the focus goes where the next one is. @param {string} before @param {string} next */
function moveFocus(before, next) {
  if (before === next || $.sure.open) return;
  const focused = document.activeElement;
  const kept = focused instanceof HTMLElement && focused !== document.body && focused.checkVisibility?.();
  if (kept || before === 'loading') return;
  const target = { idle: $.record, cancelled: $.record, recording: $.stop, uploading: $.cancelUpload }[next];
  (target ?? $.headline).focus();
}

/** The browser asks before it leaves, only while there is something to lose. @param {boolean} unsafe */
function guard(unsafe) {
  if (unsafe) addEventListener('beforeunload', warn);
  else removeEventListener('beforeunload', warn);
}

/** @param {BeforeUnloadEvent} event */
function warn(event) {
  event.preventDefault();
}

// Recording

function record() {
  if (!grants || !['idle', 'cancelled'].includes(state)) return;
  const source = chosenSource();
  if (!source) return showMessage(strings.chooseSource);
  reset();
  showMessage(strings.allow);
  const started = new Recorder({ broker: location.origin, grant: grants, name: chosenName() });
  recorder = started;
  follow(started);
  // Straight from the click: the browser's screen picker needs one.
  started.start(source).catch((error) => {
    if (recorder === started && error.code !== 'cancelled') showMessage(errorMessage(error, strings.errors));
  });
}

/** The browser may still be asking: nobody can take that question back, but its answer opens nothing any more. */
function cancelStart() {
  if (state !== 'starting') return;
  recorder?.cancel().catch(() => {});
  showMessage(null);
}

/** @returns {import('../recorder.js').CaptureOptions | null} */
function chosenSource() {
  const [screen, camera, microphone] = [$.screen.checked, $.camera.checked, $.mic.checked];
  if (!screen && !camera && !microphone) return null;
  // Chromium's own default is 640 × 480.
  return { screen, camera: camera && { width: { ideal: 1280 }, height: { ideal: 720 } }, microphone };
}

function chosenName() {
  return $.name.value.replace(/\p{Cc}/gu, ' ').trim() || undefined;
}

/** @param {Recorder} followed */
function follow(followed) {
  const current = (/** @type {(detail: any) => void} */ handle) => (/** @type {Event} */ event) => {
    if (recorder === followed && event instanceof CustomEvent) handle(event.detail);
  };
  followed.addEventListener('state', current(stateChanged));
  followed.addEventListener('progress', current(progressed));
  followed.addEventListener('error', current(({ error, fatal }) => {
    if (fatal) return; // the state event tells of it
    showTrouble(error);
  }));
}

/** It may pass. @param {import('../recorder.js').RecorderError} error */
function showTrouble(error) {
  troubled = true;
  showMessage({ ...errorMessage(error, strings.errors), kind: 'warning' });
}

/** @param {import('../recorder.js').StateDetail} detail */
function stateChanged({ state: next, result, error }) {
  const before = state;
  clock.run(next === 'recording');
  if (next === 'recording' && before === 'starting') {
    showMessage(null);
    showPreview();
  }
  if (UNSAFE.includes(before) && !['recording', 'paused'].includes(next)) $.preview.srcObject = null;
  enter(next);
  if (next === 'idle') showMessage(null); // it did not start; the rejection says why
  if (['recording', 'paused', 'stopping'].includes(next)) showTransfer();
  if (result) completed(result, result.durationMs);
  if (next === 'failed') failed(error);
}

function showPreview() {
  const stream = recorder?.stream ?? null;
  const hasPicture = Boolean(stream?.getVideoTracks().length);
  $.preview.hidden = !hasPicture;
  $.soundOnly.toggleAttribute('hidden', hasPicture);
  $.preview.srcObject = hasPicture ? stream : null;
}

function stop() {
  recorder?.stop().catch(() => {}); // the state event tells the outcome
}

async function discard() {
  if (!await sure(strings.sureDiscard) || !UNSAFE.includes(state)) return;
  const discarded = recorder;
  try {
    await discarded?.cancel(); // the state is `cancelled` at once; S3 is told meanwhile
    if (recorder === discarded && state === 'cancelled') showMessage(strings.discarded);
  } catch (error) {
    if (recorder !== discarded) return;
    if (state === 'completed') return showMessage(strings.discardTooLate); // the link plays
    const words = /** @type {import('../recorder.js').RecorderError} */ (error).reason === 'completed' ? strings.discardRefused : strings.discardUnheard;
    if (state === 'cancelled') showMessage({ ...words, code: errorMessage(error, strings.errors).code });
  }
}

function retry() {
  showMessage(null);
  if (upload) void send(upload.file);
  else recorder?.retry().catch(() => {});
}

/** Back to the choice of sources; forgets what was. */
function reset() {
  const left = recorder;
  recorder = upload = null;
  if (left && !OVER.includes(left.state)) left.cancel().catch(() => {}); // nothing records where nobody can see it
  showMessage(null);
  clock.run(false);
  clock.set(0);
  showProgress(NOTHING);
  $.link.value = '';
  if (state !== 'idle') enter('idle');
}

// Uploading a file

/** @param {File} file */
async function send(file) {
  if (!grants || !OVER.includes(state)) return; // the file picker does not know what went on behind it
  if (state === 'failed' && !upload && !nothingToSave) return; // a recording still waits for its retry
  reset();
  const controller = new AbortController();
  const mine = upload = { file, controller };
  $.summary.textContent = '';
  showProgress({ ...NOTHING, recordedBytes: file.size });
  enter('uploading');
  try {
    const result = await uploadFile(file, {
      broker: location.origin, grant: grants, name: chosenName(), signal: controller.signal,
      onProgress: (progress) => { if (upload === mine) advanced(progress); },
      onTrouble: (error) => { if (upload === mine) showTrouble(error); },
    });
    if (upload !== mine) return;
    enter('completed');
    completed(result);
  } catch (error) {
    if (upload !== mine) return;
    if (controller.signal.aborted) {
      reset();
      return showMessage(strings.uploadCancelled);
    }
    enter('failed');
    headline(strings.uploadFailed);
    showTransfer();
    showWayOut(strings.back);
    $.retry.hidden = FILE_AT_FAULT.includes(/** @type {import('../recorder.js').RecorderError} */ (error).code);
    guard(false); // the file is still where it was
    showMessage(errorMessage(error, strings.errors));
  }
}

async function cancelUpload() {
  const cancelled = upload;
  if (await sure(strings.sureCancel) && upload === cancelled) cancelled?.controller.abort();
}

// The end

/**
 * @param {import('../recorder.js').UploadResult} result
 * @param {number} [durationMs]
 */
function completed({ size, outcome, watchUrl }, durationMs) {
  const name = chosenName() ?? upload?.file.name ?? '';
  const facts = [name, durationMs === undefined ? '' : formatDuration(durationMs), formatBytes(size)].filter(Boolean);
  $.summary.textContent = strings.summary(facts);
  showLink(watchUrl);
  showMessage(outcome === 'salvaged' ? { kind: 'warning', text: strings.salvaged } : null);
}

/** @param {import('../recorder.js').RecorderError} [error] */
function failed(error) {
  nothingToSave = HOPELESS.includes(error?.code ?? '');
  if (nothingToSave) headline(error?.code === 'empty' ? strings.nothingRecorded : strings.lost);
  guard(!nothingToSave);
  $.retry.hidden = nothingToSave;
  showWayOut(nothingToSave ? strings.back : strings.discard);
  if (error?.code === 'empty') showLink('');
  showTransfer();
  showMessage(errorMessage(error, strings.errors));
  moveFocus('', 'failed');
}

/** @param {string} words what leaving the failure behind means */
function showWayOut(words) {
  $.giveUp.textContent = words;
  $.giveUp.className = words === strings.discard ? 'quiet danger' : '';
}

// What is where

/** @param {RecordingProgress} progress */
function progressed(progress) {
  clock.set(progress.durationMs);
  advanced(progress);
  showLink();
}

/** @param {Counts} progress */
function advanced(progress) {
  if (troubled && progress.uploadedBytes > last.uploadedBytes) { // the trouble has passed
    troubled = false;
    showMessage(null);
  }
  showProgress(progress);
}

/** @param {Counts} progress */
function showProgress(progress) {
  last = progress;
  $.recordedWord.textContent = upload ? strings.fileSize : strings.recorded;
  showBytes($.recorded, progress.recordedBytes);
  showBytes($.safe, progress.uploadedBytes);
  $.bar.max = Math.max(1, progress.recordedBytes);
  $.bar.value = progress.uploadedBytes;
  showTransfer();
}

/** @param {HTMLElement} element @param {number} bytes */
function showBytes(element, bytes) {
  element.textContent = formatBytes(bytes);
  element.dataset.bytes = String(bytes);
}

function showTransfer() {
  const { recordedBytes, uploadedBytes, partsUploaded, partsInFlight } = last;
  const leftBytes = recordedBytes - uploadedBytes;
  if (state === 'failed') $.transfer.textContent = nothingToSave || upload ? '' : strings.inPage;
  else if (state === 'paused' && partsUploaded + partsInFlight === 0) $.transfer.textContent = strings.shortWaits;
  else if (state !== 'stopping' && state !== 'uploading') $.transfer.textContent = strings.transfer(partsUploaded, partsInFlight);
  else $.transfer.textContent = leftBytes > 0 ? strings.leftToSend(formatBytes(leftBytes)) : strings.finishing;
}

function showTime() {
  const time = formatDuration(clock.ms);
  if ($.timer.textContent !== time) $.timer.textContent = time;
}

// The link

/** @param {string} [url] */
function showLink(url = recorder?.watchUrl ?? $.link.value) {
  if ($.link.value !== url) {
    $.link.value = url;
    $.watch.href = url;
  }
  $.share.hidden = !url || !WITH_LINK.includes(state);
  $.linkNote.textContent = state === 'completed' ? strings.linkReady : strings.linkEarly;
}

async function copyLink() {
  const copied = await copyText($.link);
  $.copy.textContent = copied ? strings.copied : strings.copyYourself;
  $.status.textContent = $.copy.textContent;
  setTimeout(() => { $.copy.textContent = strings.copy; }, 2500);
}

// Second thoughts

/**
 * @param {{title: string, text: string, yes: string, no: string}} words
 * @returns {Promise<boolean>}
 */
function sure({ title, text, yes, no }) {
  $.sureTitle.textContent = title;
  $.sureText.textContent = text;
  $.sureYes.textContent = yes;
  $.sureNo.textContent = no;
  $.sure.returnValue = ''; // what Escape leaves
  $.sure.showModal();
  return new Promise((resolve) => {
    $.sure.addEventListener('close', () => resolve($.sure.returnValue === 'yes'), { once: true });
  });
}
