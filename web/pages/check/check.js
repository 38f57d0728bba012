/**
 * The testers' page of broker-dev: what a browser can do, what it writes, and how that plays, in one file to send to the
 * project. `?seconds=` and `?container=` change what is recorded.
 *
 * States: `looking`, `ready`, `recording`, `saving`, `playing`, `done`.
 */

import { Recorder } from '../../recorder.js';
import { brokerUrl } from '../broker-url.js';
import { findGrants } from '../grant.js';
import { byId, showMessage, showState } from '../page-state.js';
import { browserFacts } from './browser-facts.js';
import { offerFile, reportText } from './report.js';
import { Run } from './run.js';
import { strings } from './strings.js';
import { showFindings, showPlayed, showWritten } from './view.js';

const $ = {
  timer: byId('timer', HTMLElement),
  record: byId('record', HTMLButtonElement),
  recordLabel: byId('record-label', HTMLElement),
  recordScreen: byId('record-screen', HTMLButtonElement),
  recordSound: byId('record-sound', HTMLButtonElement),
  preview: byId('preview', HTMLVideoElement),
  player: byId('player', HTMLVideoElement),
  save: byId('save', HTMLAnchorElement),
  copy: byId('copy', HTMLButtonElement),
  copied: byId('copied', HTMLElement),
};

const wish = new URLSearchParams(location.search);
const seconds = Math.min(60, Math.max(2, Math.round(Number(wish.get('seconds') ?? 10)) || 10));
const container = /** @type {import('../../recorder.js').RecorderOptions['container']} */ (wish.get('container') ?? undefined);
const broker = brokerUrl(location.href);

const report = {
  report: 'slipway-check', version: Recorder.version, at: new Date().toISOString(), protocol: location.protocol, browser: browserFacts(),
  findings: /** @type {object[]} */ ([]), recordings: /** @type {object[]} */ ([]),
};
/** @type {Awaited<ReturnType<typeof findGrants>>} */
let grant = null;

await look();

async function look() {
  showState('looking');
  showMessage(strings.looking);
  try {
    grant = await findGrants();
    if (!grant) return showMessage(strings.noGrant);
    const findings = await Recorder.check({ broker, grant, container });
    report.findings = findings;
    showFindings(findings);
  } catch (error) {
    return showMessage(strings.failed(`${String(error)}.`));
  }
  showMessage(null);
  $.recordLabel.textContent = strings.ready(seconds);
  $.recordScreen.hidden = !navigator.mediaDevices?.getDisplayMedia;
  $.record.addEventListener('click', () => record({ camera: true, microphone: true }));
  $.recordScreen.addEventListener('click', () => record({ screen: true, microphone: true }));
  $.recordSound.addEventListener('click', () => record({ microphone: true }));
  showState('ready');
}

/** @param {import('../../recorder.js').CaptureOptions} source */
async function record(source) {
  if (!grant) return;
  showState('recording');
  showMessage(strings.recording);
  $.timer.textContent = String(seconds);
  try {
    const run = new Run({
      broker, grant, container, source, seconds, player: $.player,
      onStream: (stream) => { $.preview.srcObject = stream; },
      onSecond: (left) => { $.timer.textContent = String(left); },
      onState: (state) => { showState(state); showMessage(strings[state]); },
    });
    report.recordings.push(run.told);
    await run.all().finally(() => show(run.told));
    showMessage(strings.done);
  } catch (error) {
    showMessage(strings.failed(`${error instanceof Error ? error.message : String(error)}.`));
  }
  $.preview.srcObject = null;
  offerFile($.save, reportText(report));
  showState('done');
}

/** @param {Run['told']} told */
function show({ tapped, written, stored, playback, result, poster }) {
  if (written) showWritten(tapped, written, stored);
  if (playback && result) showPlayed(playback, result.durationMs, poster);
}

$.copy.addEventListener('click', async () => {
  const copied = await navigator.clipboard.writeText(reportText(report)).then(() => true, () => false);
  $.copied.textContent = copied ? strings.copied : strings.notCopied;
});
