/**
 * Opens screen, camera and microphone. If one does not open, it throws a RecorderError that says why.
 */

import { RecorderError } from '../base/errors.js';
import { demandComposing } from './composed-picture.js';

/**
 * @typedef {object} CaptureOptions what to record
 * @property {boolean | DisplayMediaStreamOptions} [screen] with the tab's or system's sound, where the browser has it
 * @property {boolean | MediaTrackConstraints} [camera] beside a screen: in its picture, where the browser can; see Recorder.composes
 * @property {boolean | MediaTrackConstraints} [microphone]
 *
 * @typedef {object} Opened
 * @property {MediaStreamTrack[]} picture the screen's track, the camera's, both in this order, or none
 * @property {MediaStreamTrack[]} sound of the screen
 * @property {MediaStreamTrack[]} microphone
 */

/**
 * What a tab plays is recorded as it is. By default Chromium 156 takes it for a voice, and music for noise: a steady tone
 * fell to less than half within two seconds (measured, 2026-11-22).
 */
const AS_IT_SOUNDS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/**
 * @param {CaptureOptions} options
 * @returns {Promise<Opened>}
 * @throws {RecorderError} `permission-denied`, `device-not-found`, `device-busy`, `not-supported`, `invalid`, or
 *   `cancelled` where sharing was stopped meanwhile
 */
export async function openDevices({ screen, camera, microphone }) {
  if (screen && camera) demandComposing();
  if (!screen && !camera && !microphone) throw new RecorderError('invalid', 'nothing to record', { field: 'source' });
  /** @type {MediaStreamTrack[]} */
  let shared = [];
  try {
    // The screen first: its picker needs the click that led here, and a click's power fades.
    if (screen) shared = await openScreen(screen === true ? {} : screen);
    const people = camera || microphone ? await openUserMedia(camera, microphone) : [];
    const opened = {
      picture: [...ofKind(shared, 'video'), ...ofKind(people, 'video')],
      sound: ofKind(shared, 'audio'),
      microphone: ofKind(people, 'audio'),
    };
    if (screen) demandSharing(shared, people);
    return opened;
  } catch (error) {
    for (const track of shared) track.stop();
    throw error;
  }
}

/**
 * @param {true | MediaTrackConstraints} constraints
 * @returns {Promise<MediaStreamTrack[]>}
 * @throws {RecorderError} `permission-denied`, `device-not-found`, `device-busy`, `not-supported`
 */
export function openMicrophone(constraints) {
  return openUserMedia(false, constraints);
}

/**
 * Sharing may be stopped while the others are still asked for: nobody wants them alone then.
 *
 * @param {MediaStreamTrack[]} shared
 * @param {MediaStreamTrack[]} people
 */
function demandSharing(shared, people) {
  if (ofKind(shared, 'video').every(({ readyState }) => readyState === 'live')) return;
  for (const track of people) track.stop();
  throw new RecorderError('cancelled', 'sharing was stopped before recording began', { field: 'screen' });
}

/** @param {DisplayMediaStreamOptions} options */
async function openScreen(options) {
  const devices = navigator.mediaDevices;
  if (!devices?.getDisplayMedia) throw cannotOpen('screen');
  const stream = await devices.getDisplayMedia({ video: true, audio: AS_IT_SOUNDS, ...options }).catch(refused('screen'));
  return stream.getTracks();
}

/**
 * @param {CaptureOptions['camera']} camera
 * @param {CaptureOptions['microphone']} microphone
 */
async function openUserMedia(camera, microphone) {
  const what = [camera && 'camera', microphone && 'microphone'].filter(Boolean).join(' and ');
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) throw cannotOpen(what);
  const stream = await devices.getUserMedia({ video: camera || false, audio: microphone || false }).catch(refused(what));
  return stream.getTracks();
}

/** @param {string} what */
function cannotOpen(what) {
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
    throw new RecorderError(codeOf(cause?.name), `cannot open ${what}: ${whyOf(cause)}`, { field: what, reason: cause?.name, cause });
  };
}

/** An OverconstrainedError has no message; it names a constraint. @param {DOMException & {constraint?: string}} [cause] */
function whyOf(cause) {
  return cause?.constraint ? `no device meets the constraint ${cause.constraint}` : cause?.message || cause?.name;
}

/** @param {string} name @returns {import('../base/errors.js').ErrorCode} */
function codeOf(name) {
  switch (name) {
    case 'NotAllowedError': case 'SecurityError': case 'InvalidStateError': return 'permission-denied';
    case 'NotFoundError': case 'OverconstrainedError': return 'device-not-found';
    case 'NotReadableError': case 'AbortError': return 'device-busy';
    default: return 'not-supported';
  }
}

/** @param {MediaStreamTrack[]} tracks @param {'audio' | 'video'} wanted */
function ofKind(tracks, wanted) {
  return tracks.filter(({ kind }) => kind === wanted);
}
