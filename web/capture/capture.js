/**
 * What is being recorded: one stream, from what the caller gave or wants. Its picture and its one audio track stay from
 * beginning to end, because MediaRecorder fails when a track is exchanged; what is heard on the audio track may change.
 */

import { ComposedPicture } from './composed-picture.js';
import { openDevices, openMicrophone } from './devices.js';
import { RecorderError } from '../base/errors.js';
import { KeptPlaying } from './kept-playing.js';
import { Mixer } from './mixer.js';
import { takePoster } from './poster.js';

/**
 * @typedef {import('./devices.js').CaptureOptions} CaptureOptions
 * @typedef {import('./composed-picture.js').BubblePlace} BubblePlace
 * @typedef {import('./composed-picture.js').StartWorker} StartWorker
 *
 * @typedef {{code: 'audio-suspended' | 'device-muted' | 'nothing-recorded', field?: string}} Eased what an error told of
 *   is over
 *
 * @typedef {object} CaptureEvents
 * @property {(error: RecorderError) => void} trouble `device-lost`: a device is gone, its picture or sound with it;
 *   `device-muted`: the system, or a switch, lets nothing of it through; `audio-suspended`: the browser lets nothing be heard
 * @property {(what: Eased) => void} eased of such a trouble
 * @property {() => void} ended there is nothing left to record
 *
 * @typedef {object} Inputs the tracks behind the stream
 * @property {MediaStreamTrack[]} picture if there are two, they are drawn as one picture; if one ends, the other goes on
 * @property {MediaStreamTrack[]} sound mixed in as it is
 * @property {MediaStreamTrack[]} microphone what `muted`, `level` and setMicrophone are about
 */

/**
 * If a shared tab is closed, its sound and its picture end in either order. A sound that ends first waits so long for its
 * picture before it counts as lost. A wait of 0 ms was too short on a busy machine (Chromium 156, 2026-11-30).
 */
const TOGETHER_MS = 500;

export class Capture {
  #inputs;
  /** @type {Set<MediaStreamTrack>} those we opened, and so end */
  #own;
  #mixer;
  #composed;
  #played;
  /** @type {Set<MediaStreamTrack>} those of which it is told that nothing comes */
  #dead = new Set();
  /** @type {CaptureEvents | null} */
  #events = null;
  #muted = false;
  #closing = new AbortController();
  #change = 0; // of microphones: the one asked for last is the one that counts

  /**
   * @param {Inputs} inputs
   * @param {boolean} own we opened them
   * @param {Mixer | null} mixer
   * @param {ComposedPicture | null} composed what is recorded if there are two pictures
   */
  constructor({ picture, sound, microphone }, own, mixer, composed) {
    this.#inputs = { picture: composed ? picture : picture.slice(0, 1), sound, microphone };
    this.#composed = composed;
    this.#own = new Set(own ? this.#tracks : []);
    this.#mixer = mixer;
    this.#played = new KeptPlaying(own ? [] : microphone);
    for (const track of sound) mixer?.add(track);
    mixer?.setMicrophone(microphone);
    // In any case they are ours to end: see Media.stop.
    const audio = mixer ? [mixer.track] : [...sound, ...microphone].map((track) => (own ? track : track.clone()));
    this.stream = new MediaStream([...this.#recorded, ...audio]);
  }

  /** Tells of tracks that end by themselves from now on. @param {CaptureEvents} events */
  watch(events) {
    this.#events = events;
    for (const track of this.#tracks) this.#watchTrack(track);
    if (this.#composed) this.#composed.onBroken = () => this.#composedBroken();
    if (!this.#mixer) return;
    this.#mixer.onSilenced = () => this.#silencedChanged();
    if (this.#mixer.silenced) this.#silencedChanged();
  }

  get muted() { return this.#muted; }

  set muted(muted) {
    this.#muted = muted;
    if (this.#mixer) this.#mixer.mute(muted);
    else for (const track of this.stream.getAudioTracks()) track.enabled = !muted;
  }

  /** See {@link Mixer.level}; 0 where there is no mixer. */
  get level() { return this.#mixer?.level ?? 0; }

  /**
   * @param {boolean | MediaTrackConstraints | null} wanted false or null: none
   * @throws {RecorderError} as {@link openMicrophone}, and the one that was heard is heard on; `not-supported` where
   *   the sound is not mixed; `cancelled` where another was chosen, or recording ended, meanwhile
   */
  async setMicrophone(wanted) {
    if (!this.#mixer) throw new RecorderError('not-supported', 'the sound of this recording is fixed', { field: 'microphone' });
    const change = ++this.#change;
    const tracks = wanted ? await openMicrophone(wanted) : [];
    if (this.#closed || change !== this.#change) {
      for (const track of tracks) track.stop();
      throw new RecorderError('cancelled', 'the microphone is not wanted any more', { field: 'microphone' });
    }
    const before = this.#inputs.microphone;
    for (const track of before) if (this.#own.delete(track)) track.stop();
    this.#inputs.microphone = tracks;
    for (const track of before) this.#lookMuted(track);
    for (const track of tracks) this.#own.add(track);
    this.#mixer.setMicrophone(tracks);
    if (this.#events) for (const track of tracks) this.#watchTrack(track);
  }

  /** Where the camera is drawn in the screen; null where it is not. @returns {BubblePlace | null} */
  get bubble() { return this.#composed?.bubble ?? null; }

  /** @param {Partial<BubblePlace>} change @throws {RecorderError} `not-supported` where there are not both */
  setBubble(change) {
    if (!this.#composed) throw new RecorderError('not-supported', 'this recording has no screen with a camera in it', { field: 'bubble' });
    this.#composed.change(change);
  }

  /**
   * Nothing is left to record. A microphone that we opened is not the last word: another can be chosen. To be asked
   * now and then, because a track that the page itself stopped fires no event.
   */
  get over() {
    const { picture, sound, microphone } = this.#inputs;
    if (picture.length > 0) return allEnded(picture) || allEnded(this.#recorded);
    const sounds = [...sound, ...microphone];
    return sounds.length > 0 && allEnded(sounds) && !sounds.some((track) => this.#own.has(track));
  }

  /** One picture of it, or null: see {@link takePoster}. Rejects when it is closed before. @returns {Promise<Blob | null>} */
  async poster() {
    const [track] = this.#recorded;
    return track ? takePoster(track, this.#closing.signal) : null;
  }

  close() {
    this.#closing.abort();
    for (const track of this.#own) track.stop();
    for (const track of this.stream.getAudioTracks()) track.stop();
    this.#composed?.close();
    this.#played.close();
    this.#mixer?.close();
  }

  get #closed() { return this.#closing.signal.aborted; }

  /** The picture's track in {@link stream}: one, or none. */
  get #recorded() { return this.#composed ? [this.#composed.track] : this.#inputs.picture; }

  get #tracks() {
    return Object.values(this.#inputs).flat();
  }

  /** "Stop sharing" in the browser's own bar ends the picture; a device that is pulled out ends its track. @param {MediaStreamTrack} track */
  #watchTrack(track) {
    for (const change of ['mute', 'unmute', 'ended']) track.addEventListener(change, () => this.#lookMuted(track));
    this.#lookMuted(track);
    const ended = () => {
      if (track.kind === 'video') this.#pictureEnded(track);
      else setTimeout(() => this.#soundEnded(track), this.#inputs.picture.length > 0 ? TOGETHER_MS : 0);
    };
    if (track.readyState === 'ended') ended(); // before recording began, such as during a countdown
    else track.addEventListener('ended', ended, { once: true });
  }

  /** By the system, or a switch on the device; {@link muted} is something else. @param {MediaStreamTrack} track */
  #lookMuted(track) {
    const { kind, label, muted, readyState } = track;
    const dead = muted && readyState === 'live' && !this.#closed && this.#tracks.includes(track);
    if (dead === this.#dead.has(track)) return;
    const code = 'device-muted';
    if (dead) this.#dead.add(track);
    else this.#dead.delete(track);
    if (dead) this.#events?.trouble(new RecorderError(code, `nothing comes from the ${kind} track: ${label}`, { field: kind }));
    else this.#events?.eased({ code, field: kind });
  }

  /** @param {MediaStreamTrack} track */
  #pictureEnded(track) {
    const shared = 'displaySurface' in track.getSettings();
    const goesOn = !allEnded(this.#inputs.picture); // screen or camera alone; people have to know which of them is recorded
    if (goesOn || !shared) this.#lost(track, goesOn ? (shared ? 'screen' : 'camera') : track.kind);
    if (!goesOn) this.#events?.ended();
  }

  #composedBroken() {
    this.#events?.trouble(new RecorderError('worker-failed', 'the Worker that draws screen and camera has failed', { field: 'picture' }));
    this.#events?.ended();
  }

  /** @param {MediaStreamTrack} track */
  #soundEnded(track) {
    if (this.#closed || !this.#tracks.includes(track)) return;
    const { picture, sound } = this.#inputs;
    const gone = sound.includes(track) ? picture.slice(0, 1) : picture; // the screen's sound ends with the screen; a camera may go on
    if (gone.length > 0 && allEnded(gone)) return;
    this.#lost(track);
    if (this.over) this.#events?.ended(); // where several are mixed, MediaRecorder goes on with the mixer's silence
  }

  #silencedChanged() {
    const code = 'audio-suspended';
    if (!this.#mixer?.silenced) this.#events?.eased({ code });
    else this.#events?.trouble(new RecorderError(code, 'the browser lets no sound be heard; a click on the page may help'));
  }

  /** @param {MediaStreamTrack} track @param {string} [field] */
  #lost({ kind, label }, field = kind) {
    this.#events?.trouble(new RecorderError('device-lost', `the ${kind} track ended: ${label}`, { field }));
  }
}

/**
 * Opens what is to be recorded. Call it straight from a click: the browser's screen picker needs one, and so may sound.
 *
 * All sound goes through a {@link Mixer}, also where there is none yet: a microphone may come later, and without sound a
 * picture that stands still is recorded as one moment (Chromium writes a frame when the picture changes). One exception:
 * where the browser keeps the mixer silent, a single track, or none, is better recorded as it is.
 *
 * @param {MediaStream | CaptureOptions} source of a stream that is given, all sound counts as the microphone's
 * @param {{startWorker?: StartWorker, bubble?: Partial<BubblePlace>}} [how] startWorker: needed where the picture is of screen and camera
 * @returns {Promise<Capture>}
 * @throws {RecorderError} as {@link openDevices} and {@link ComposedPicture.start}; `invalid` where the stream has no live track
 */
export async function openCapture(source, { startWorker, bubble } = {}) {
  const given = source instanceof MediaStream;
  const inputs = given ? liveTracks(source) : await openDevices(source);
  /** @type {ComposedPicture | null} */
  let composed = null;
  try {
    const { picture: [screen, camera], sound, microphone } = inputs;
    if (!given && camera && startWorker) composed = await ComposedPicture.start(screen, camera, startWorker, bubble);
    const sounds = sound.length + microphone.length;
    const mixer = await Mixer.start();
    if (!mixer.silenced || sounds > 1) return new Capture(inputs, !given, mixer, composed);
    mixer.close();
    return new Capture(inputs, !given, null, composed);
  } catch (error) {
    composed?.close();
    if (!given) for (const track of Object.values(inputs).flat()) track.stop();
    throw error;
  }
}

/** @param {MediaStream} stream @returns {Inputs} */
function liveTracks(stream) {
  const live = stream.getTracks().filter(({ readyState }) => readyState === 'live');
  if (live.length === 0) throw new RecorderError('invalid', 'the stream has no live track', { field: 'source' });
  return { picture: live.filter(({ kind }) => kind === 'video'), sound: [], microphone: live.filter(({ kind }) => kind === 'audio') };
}

/** @param {MediaStreamTrack[]} tracks */
function allEnded(tracks) {
  return tracks.every(({ readyState }) => readyState === 'ended');
}
