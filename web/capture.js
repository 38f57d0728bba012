/**
 * From what the caller gave or wants to the one stream that is recorded.
 */

import { RecorderError } from './errors.js';

/**
 * @typedef {object} CaptureOptions what to record; screen and camera exclude each other
 * @property {boolean | DisplayMediaStreamOptions} [screen] with the tab's or system's sound, where the browser has it
 * @property {boolean | MediaTrackConstraints} [camera]
 * @property {boolean | MediaTrackConstraints} [microphone]
 */

/** How long an AudioContext may take to start before it counts as blocked. */
const AUDIO_START_MS = 1000;

export class Capture {
  #own;
  #audio;

  /**
   * @param {MediaStream} stream what is recorded
   * @param {MediaStreamTrack[]} inputs the tracks behind it
   * @param {MediaStreamTrack[]} own those we opened ourselves, and so end
   * @param {AudioContext} [audio] the mixer's
   */
  constructor(stream, inputs, own, audio) {
    this.stream = stream;
    this.inputs = inputs;
    this.#own = own;
    this.#audio = audio;
  }

  /** Whether the browser keeps the mixer silent, because nobody has clicked anything. */
  get muted() {
    return this.#audio?.state === 'suspended';
  }

  close() {
    for (const track of this.#own) track.stop();
    if (this.#audio && this.#audio.state !== 'closed') void this.#audio.close();
  }
}

/**
 * Opens what is to be recorded. A stream that is given is left as it is: its tracks are recorded from a stream of our
 * own, because MediaRecorder fails when a track is added to or taken from the one it records.
 *
 * Call it straight from a click: the browser's screen picker needs one.
 *
 * @param {MediaStream | CaptureOptions} source
 * @returns {Promise<Capture>}
 * @throws {RecorderError} `permission-denied`, `device-not-found`, `device-busy`, `not-supported`, or `cancelled` where
 *   sharing was stopped meanwhile
 */
export async function openCapture(source) {
  const given = source instanceof MediaStream;
  const tracks = given ? source.getTracks() : await openTracks(source);
  const own = given ? [] : tracks;
  try {
    return await oneStream(tracks, own);
  } catch (error) {
    for (const track of own) track.stop();
    throw error;
  }
}

/**
 * @param {CaptureOptions} options
 * @returns {Promise<MediaStreamTrack[]>}
 */
async function openTracks({ screen, camera, microphone }) {
  if (screen && camera) throw new RecorderError('not-supported', 'one picture at a time: screen or camera', { field: 'camera' });
  if (!screen && !camera && !microphone) throw new RecorderError('invalid', 'nothing to record', { field: 'source' });
  /** @type {MediaStreamTrack[]} */
  const tracks = [];
  try {
    // The screen first: its picker needs the click that led here, and a click's power fades.
    if (screen) tracks.push(...await openScreen(screen === true ? {} : screen));
    if (camera || microphone) tracks.push(...await openDevices(camera, microphone));
    // Sharing may be stopped while the microphone is still asked for: nobody wants the sound alone then.
    if (screen && tracks.some(({ kind, readyState }) => kind === 'video' && readyState === 'ended')) {
      throw new RecorderError('cancelled', 'sharing was stopped before recording began', { field: 'screen' });
    }
    return tracks;
  } catch (error) {
    for (const track of tracks) track.stop();
    throw error;
  }
}

/** @param {DisplayMediaStreamOptions} options */
async function openScreen(options) {
  const devices = navigator.mediaDevices;
  if (!devices?.getDisplayMedia) throw missing('screen');
  const stream = await devices.getDisplayMedia({ video: true, audio: true, ...options }).catch(refused('screen'));
  return stream.getTracks();
}

/**
 * @param {CaptureOptions['camera']} camera
 * @param {CaptureOptions['microphone']} microphone
 */
async function openDevices(camera, microphone) {
  const what = [camera && 'camera', microphone && 'microphone'].filter(Boolean).join(' and ');
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) throw missing(what);
  const stream = await devices.getUserMedia({ video: camera || false, audio: microphone || false }).catch(refused(what));
  return stream.getTracks();
}

/** @param {string} what */
function missing(what) {
  const why = globalThis.isSecureContext ? 'this browser has no such thing' : 'it needs a secure context (https or localhost)';
  return new RecorderError('not-supported', `cannot open ${what}: ${why}`, { field: what });
}

/**
 * What a refusal by the browser means to a person.
 *
 * @param {string} what
 * @returns {(cause: DOMException) => never}
 */
function refused(what) {
  return (cause) => {
    throw new RecorderError(codeOf(cause?.name), `cannot open ${what}: ${cause?.message}`, { field: what, reason: cause?.name, cause });
  };
}

/** @param {string} name @returns {import('./errors.js').ErrorCode} */
function codeOf(name) {
  switch (name) {
    case 'NotAllowedError': case 'SecurityError': case 'InvalidStateError': return 'permission-denied';
    case 'NotFoundError': case 'OverconstrainedError': return 'device-not-found';
    case 'NotReadableError': case 'AbortError': return 'device-busy';
    default: return 'not-supported';
  }
}

/**
 * Chromium's MediaRecorder records the first audio track and silently drops a second (measured, 2026-11-22): several
 * are mixed into one.
 *
 * @param {MediaStreamTrack[]} tracks
 * @param {MediaStreamTrack[]} own
 */
async function oneStream(tracks, own) {
  const live = tracks.filter(({ readyState }) => readyState === 'live');
  const video = live.filter(({ kind }) => kind === 'video').slice(0, 1);
  const audio = live.filter(({ kind }) => kind === 'audio');
  if (video.length + audio.length === 0) throw new RecorderError('invalid', 'the stream has no live track', { field: 'source' });
  if (audio.length < 2) return new Capture(new MediaStream([...video, ...audio]), [...video, ...audio], own);
  const { context, mixed } = await mix(audio);
  return new Capture(new MediaStream([...video, ...mixed]), [...video, ...audio], own, context);
}

/** @param {MediaStreamTrack[]} tracks */
async function mix(tracks) {
  const context = new AudioContext();
  const destination = context.createMediaStreamDestination();
  for (const track of tracks) context.createMediaStreamSource(new MediaStream([track])).connect(destination);
  await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, AUDIO_START_MS))]);
  if (context.state === 'suspended') {
    document.addEventListener('click', () => void context.resume().catch(() => {}), { once: true }); // closed by then, perhaps
  }
  return { context, mixed: destination.stream.getAudioTracks() };
}
