/**
 * What a person sees of a recorder. It shows what the Recorder says and asks it for what the person wants; everything about
 * recording and uploading is in ../recorder.js, and each thing that is seen in a module beside this one.
 */

import { Recorder } from '../recorder.js';
import { errorMessage } from '../pages/error-words.js';
import { askFirst, isAsking, stopAsking } from './ask-first.js';
import { Countdown } from './countdown.js';
import { EndPane } from './end-pane.js';
import { FileUpload } from './file-upload.js';
import { Headline } from './headline.js';
import { discardJob, follow } from './job.js';
import { KeptPane } from './kept-pane.js';
import { LinkView } from './link-view.js';
import { LivePane } from './live-pane.js';
import { moveFocus } from './move-focus.js';
import { Pane } from './pane.js';
import { ProgressPane } from './progress-pane.js';
import { AT_WORK, LIVE, OVER, READY, WITH_LINK } from './states.js';
import { canRecord, StartPane } from './start-pane.js';
import { TimeLimit } from './time-limit.js';
import { TroubleNote } from './trouble-note.js';
import { UnfinishedList } from './unfinished-list.js';

/**
 * @typedef {import('../recorder.js').RecorderError} RecorderError
 *
 * @typedef {object} Host the element that this is the view of
 * @property {() => {broker: string, grant: import('../broker/grant.js').GrantSource | null}} permission as it is now
 * @property {(name: string, detail: object) => void} tell an event
 */

/** Longest time until a Worker that was ended has let go of its recording. */
const WORKER_GONE_MS = 1000;

export class RecorderView extends Pane {
  #host;
  #state = 'loading';
  /** @type {import('./job.js').Job | null} */
  #job = null;
  #name = ''; // of the job
  /** @type {{size: number, durationMs?: number} | null} what was completed */
  #done = null;
  /** @type {import('./end-pane.js').Failure} */
  #failure = { hopeless: false, kept: false };

  #countdown = new Countdown(this.byId('countdown', HTMLElement));
  #progress = new ProgressPane(this.view);
  #headline = new Headline(this.view);
  #link = new LinkView(this.view, (words) => this.#headline.say(words));
  #trouble = new TroubleNote(this.view);
  #end = new EndPane(this.view);
  #kept = new KeptPane(this.view, {
    permission: () => this.#host.permission(), renamed: (name) => this.#renamed(name), deleted: (id, shown) => this.#deleted(id, shown),
  });
  #limit;
  #live = new LivePane(this.view, {
    changed: () => this.view.showMessage(null),
    failed: (error) => this.view.showMessage({ ...errorMessage(error, this.words.errors('errors')), kind: 'warning' }),
  });
  #upload = new FileUpload(this.view, {
    progressed: (counts) => this.#progressed(counts),
    trouble: (error) => this.#showTrouble(error),
    completed: (result) => this.#uploaded(result),
    failed: (error, retry) => this.#uploadFailed(error, retry),
    cancelled: () => this.#uploadCancelled(),
  });
  #start;
  #unfinished = new UnfinishedList(this.view, { finish: (recording) => this.#finish(recording), grant: () => this.#grant });

  /**
   * @param {import('../pages/shadow-view.js').ShadowView} view
   * @param {Host} host
   * @param {{sources: readonly string[], name: string, maxMinutes: number}} how maxMinutes: 0 for no limit
   */
  constructor(view, host, how) {
    super(view);
    this.#host = host;
    this.#start = new StartPane(view, how, this.#live, {
      record: () => this.#record(), send: (file) => this.#send(file), enter: (state) => this.#enter(state),
    });
    this.#limit = new TimeLimit(view, how.maxMinutes, () => { if (this.#job instanceof Recorder) this.#job.stop().catch(() => {}); });
    this.#listen();
    this.open();
  }

  get state() { return this.#state; }
  get job() { return this.#job; }
  get #grant() { return this.#host.permission().grant; }

  /** Begins, or says why it cannot. */
  open() {
    if (!isSecureContext) return this.block('insecure');
    if (!this.#grant) return this.block('noGrant');
    if (!['loading', 'blocked'].includes(this.#state)) return;
    this.view.showMessage(null);
    this.#enter('idle');
    if (canRecord()) return;
    this.#start.disable();
    this.view.showMessage(this.words.message('unsupported', 'info'));
  }

  /** @param {'insecure' | 'noGrant' | 'noBroker'} why */
  block(why) {
    if (!['loading', 'blocked'].includes(this.#state)) return; // what is under way goes on
    this.byId('reload', HTMLElement).hidden = why !== 'noBroker';
    this.#enter('blocked');
    this.view.showMessage(this.words.message(why, why === 'noGrant' ? 'info' : 'error'));
  }

  /** Whose recording it will be; '' for nobody in particular. @param {string} owner */
  showOwner(owner) {
    const line = this.byId('owner', HTMLElement);
    line.hidden = !owner;
    line.textContent = owner && this.words.text('forOwner', { owner });
  }

  /** @param {URL | null} url to go to after the end */
  offerWayBack(url) {
    const link = this.byId('way-back', HTMLAnchorElement);
    link.hidden = !url;
    if (!url) return;
    link.href = url.href;
    link.textContent = this.words.text('backTo', { where: url.host });
  }

  /** It is in a document, until the signal says that it is no more. @param {AbortSignal} signal */
  connect(signal) {
    this.#progress.connect(signal);
    this.#start.connect(signal);
    this.#live.connect(signal);
    this.#live.playOn();
    if (READY.includes(this.#state)) void this.#unfinished.refresh();
  }

  /**
   * It was taken out of the document: nothing records where nobody can see or stop it. What was recorded is completed;
   * what failed and is on this device waits there.
   */
  leave() {
    if (this.#state === 'trying') this.#start.stopTrying();
    this.#cancelStart();
    if (this.#state === 'failed' && this.#failure.kept && !this.#failure.hopeless) return this.#leaveForLater();
    if (this.#job instanceof Recorder && ['recording', 'paused'].includes(this.#state)) this.#job.stop().catch(() => {});
  }

  #listen() {
    const press = (/** @type {string} */ id, /** @type {() => void} */ handle) => this.byId(id, HTMLElement).addEventListener('click', handle);
    press('start-now', () => this.#countdown.end());
    press('cancel-start', () => this.#cancelStart());
    press('cancel-count', () => this.#cancelStart());
    press('pause', () => { if (this.#job instanceof Recorder) this.#state === 'paused' ? this.#job.resume() : this.#job.pause(); });
    press('stop', () => { if (this.#job instanceof Recorder) this.#job.stop().catch(() => {}); }); // the state event tells the outcome
    press('discard', () => void this.#discard());
    press('give-up', () => (this.#failure.hopeless || this.#upload.file ? this.#reset() : void this.#discard()));
    press('later', () => this.#leaveForLater());
    press('cancel-upload', () => void this.#upload.cancel());
    press('retry', () => this.#retry());
    press('again', () => { this.#start.name = ''; this.#reset(); });
    press('reload', () => location.reload());
  }

  /** @param {string} next */
  #enter(next) {
    const hadFocus = this.view.hasFocus;
    this.#state = next;
    if (next !== 'failed') {
      this.#failure = { hopeless: false, kept: false };
      this.#trouble.leave();
    }
    this.view.showState(next);
    if (isAsking(this.view) && !AT_WORK.includes(next) && next !== 'failed') stopAsking(this.view); // it ended while we asked
    this.#headline.show(this.words.group('headlines')[next], { aloud: next !== 'idle' }); // the page's own opening is not news
    this.#start.enter(next);
    this.byId('pause', HTMLElement).textContent = this.words.text(next === 'paused' ? 'resume' : 'pause');
    if (!LIVE.includes(next)) this.#live.hide();
    if (READY.includes(next)) void this.#unfinished.refresh();
    this.#showLink();
    this.#showProgress();
    moveFocus(this.view, next, hadFocus);
    this.#host.tell('view', { state: next, headline: this.#headline.text });
  }

  // Recording

  #record() {
    const { grant, broker } = this.#host.permission();
    if (!grant || !READY.includes(this.#state)) return;
    const { source } = this.#start;
    if (!source) return this.view.showMessage(this.words.message('chooseSource', 'warning'));
    this.#start.closeTry();
    this.#reset();
    this.view.showMessage(this.words.message('allow'));
    this.#name = this.#start.name;
    const started = new Recorder({ broker, grant, name: this.#name || undefined });
    this.#take(started);
    // Straight from the click: the browser's screen picker needs one.
    started.start(source, { ready: () => this.#countDown(started) }).catch((error) => {
      if (this.#job === started && error.code !== 'cancelled') this.view.showMessage(errorMessage(error, this.words.errors('errors')));
    });
  }

  /** Everything is open: one more look, and a breath. @param {Recorder} started */
  async #countDown(started) {
    if (this.#job !== started || !this.#start.countsDown) return;
    this.view.showMessage(null);
    this.#showRecorder(started);
    this.#enter('counting');
    await this.#countdown.run();
  }

  /** The browser may still be asking: nobody can take that question back, but its answer opens nothing any more. */
  #cancelStart() {
    if (!['starting', 'counting'].includes(this.#state)) return;
    this.#job?.cancel().catch(() => {});
    this.#countdown.end();
    this.view.showMessage(null);
  }

  /** @param {import('./job.js').Job} next */
  #take(next) {
    this.#job = next;
    follow(next, () => this.#job === next, {
      state: (detail) => { this.#stateChanged(detail); this.#host.tell('state', detail); },
      progress: (detail) => { this.#progressed(detail); this.#host.tell('progress', detail); },
      part: (detail) => this.#host.tell('part', detail),
      eased: (detail) => { this.#trouble.over(detail.code); this.#host.tell('eased', detail); },
      error: (detail) => {
        if (!detail.fatal) this.#showTrouble(detail.error); // of a fatal one the state event tells
        this.#host.tell('error', detail);
      },
    });
  }

  /** It goes on. @param {RecorderError} error */
  #showTrouble(error) {
    if (error.code === 'device-lost' && error.field === 'audio') this.#live.microphoneLost();
    if (this.#trouble.show(error)) this.#progress.cutOff();
  }

  /** @param {{state: string, result?: import('../recorder.js').RecordingResult, error?: RecorderError}} detail */
  #stateChanged({ state: next, result, error }) {
    const before = this.#state;
    if (next === 'recording' && before !== 'paused' && this.#job instanceof Recorder) {
      this.view.showMessage(null);
      if (before !== 'counting') this.#showRecorder(this.#job);
    }
    this.#enter(next);
    if (next === 'idle') this.view.showMessage(null); // it did not start; the rejection says why
    if (result) this.#completed(result, result.durationMs);
    if (next === 'failed') this.#failed(error);
  }

  /** @param {Recorder} recorder */
  #showRecorder(recorder) {
    this.#live.showRecorder(recorder, this.#start.microphoneId, this.#start.voice);
    void this.#start.refresh(); // the devices have names by now
  }

  async #discard() {
    if (!await askFirst(this.view, 'sureDiscard') || !(AT_WORK.includes(this.#state) || this.#state === 'failed')) return;
    const discarded = this.#job;
    const words = discarded && await discardJob(discarded, this.words);
    if (words && this.#job === discarded && this.#state === discarded.state) this.view.showMessage(words);
  }

  #retry() {
    this.view.showMessage(null);
    if (this.#upload.file) this.#send(this.#upload.file);
    else if (this.#job) this.#job.retry().catch(() => {});
  }

  /** It is among the unfinished ones then, as soon as its Worker is gone. */
  #leaveForLater() {
    this.#job?.close();
    this.#reset();
    setTimeout(() => void this.#unfinished.refresh(), WORKER_GONE_MS);
  }

  /** Back to the choice of sources; forgets what was. */
  #reset() {
    const left = this.#job;
    this.#job = null;
    this.#upload.forget();
    if (left && !OVER.includes(left.state)) left.cancel().catch(() => {}); // nothing records where nobody can see it
    this.#name = '';
    this.#trouble.forget();
    this.#limit.forget();
    this.#kept.hide();
    this.#done = null;
    this.offerWayBack(null);
    this.view.showMessage(null);
    this.#progress.show({ recordedBytes: 0, uploadedBytes: 0, durationMs: 0 });
    this.#link.show('', { ready: false, wanted: false });
    if (this.#state !== 'idle') this.#enter('idle');
  }

  // What was interrupted

  /** @param {import('../recorder.js').Unfinished} recording */
  #finish(recording) {
    const grant = this.#grant;
    if (!grant || !READY.includes(this.#state)) return;
    this.#start.closeTry();
    this.#reset();
    this.#name = recording.name ?? '';
    const recovery = Recorder.recover(recording.id, { grant });
    recovery.result.catch(() => {}); // the state event tells the outcome
    this.#take(recovery);
    this.#progress.show({ recordedBytes: recording.bytes, uploadedBytes: recording.uploadedBytes, durationMs: recording.durationMs });
    this.#enter('stopping');
  }

  // Uploading a file

  /** @param {File} file */
  #send(file) {
    const { grant, broker } = this.#host.permission();
    if (!grant || ![...OVER, 'trying'].includes(this.#state)) return; // the file picker does not know what went on behind it
    if (this.#state === 'failed' && !this.#upload.file && !this.#failure.hopeless) return; // a recording still waits for its retry
    this.#start.closeTry();
    this.#reset();
    this.#name = this.#start.name || file.name; // to be seen: a file's own name is made to fit before it is sent
    void this.#upload.send(file, { broker, grant, name: this.#start.name || undefined });
    this.#progress.show({ recordedBytes: file.size, uploadedBytes: 0 });
    this.#enter('uploading');
  }

  /** @param {import('../recorder.js').UploadResult} result */
  #uploaded(result) {
    this.#enter('completed');
    this.#completed(result);
    this.#host.tell('state', { state: 'completed', result });
  }

  /** The file is still where it was. @param {RecorderError} error @param {boolean} retry may help */
  #uploadFailed(error, retry) {
    this.#enter('failed');
    this.#headline.show(this.words.text('uploadFailed'));
    this.#end.offer({ retry, later: false, leave: 'back' });
    this.view.showMessage(errorMessage(error, this.words.errors('errors', 'fileErrors')));
    this.#host.tell('state', { state: 'failed', error });
  }

  #uploadCancelled() {
    this.#reset();
    this.view.showMessage(this.words.message('uploadCancelled'));
  }

  // The end

  /**
   * @param {import('../recorder.js').UploadResult} result
   * @param {number} [durationMs]
   */
  #completed({ id, size, outcome, watchUrl }, durationMs) {
    this.#done = { durationMs, size };
    this.#end.summarize({ name: this.#name, durationMs, size });
    this.#link.show(watchUrl, { ready: true, wanted: true });
    this.#kept.show({ id, watchUrl }, this.#name);
    if (outcome === 'salvaged') this.view.showMessage(this.words.message('salvaged', 'warning'));
    else this.view.showMessage(this.#limit.reached ? this.words.message('limitReached') : null);
  }

  /** @param {string} name */
  #renamed(name) {
    this.#name = name;
    if (this.#done) this.#end.summarize({ name, ...this.#done });
    this.#host.tell('renamed', { name });
  }

  /** @param {string} id @param {boolean} shown yet: another that was begun meanwhile goes on */
  #deleted(id, shown) {
    this.#host.tell('deleted', { id });
    if (!shown) return;
    this.#reset();
    this.view.showMessage(this.words.message('deleted'));
  }

  /** @param {RecorderError} [error] */
  #failed(error) {
    const wasOnDevice = !(this.#job instanceof Recorder); // what is recovered lies there, also where that did not begin
    this.#failure = this.#end.judge(error, wasOnDevice);
    if (this.#failure.hopeless) this.#headline.show(this.words.text(error?.code === 'worker-failed' ? 'lost' : 'nothingRecorded'));
    if (error?.code === 'empty') this.#link.show('', { ready: false, wanted: false });
    this.#showProgress();
    this.view.showMessage(errorMessage(error, this.words.errors('errors', 'failures')));
    moveFocus(this.view, 'failed', this.view.hasFocus);
  }

  // What is where

  /** @param {import('./safety-view.js').Counts & {durationMs?: number}} detail */
  #progressed(detail) {
    if (this.#progress.show(detail)) this.#trouble.eased();
    if (detail.durationMs !== undefined && this.#state === 'recording') this.#limit.look(detail.durationMs);
    if (this.#job) this.#showLink(); // a file's comes with its end
  }

  #showProgress() {
    this.#progress.enter({ state: this.#state, isFile: this.#upload.file !== null, ...this.#failure });
  }

  #showLink() {
    this.#link.show(this.#job?.watchUrl ?? '', { ready: this.#state === 'completed', wanted: WITH_LINK.includes(this.#state) });
  }
}
