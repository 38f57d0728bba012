/**
 * As much of a page as recorder.js needs, in node: devices, MediaRecorder and a Worker that says what a test lets it
 * say. What the real ones do is tested in browsers.
 */

import { until } from './job-run.js';

/** @type {FakeWorker[]} */
export let workers = [];
/** @type {FakeMediaRecorder[]} */
export let medias = [];

export class FakeTrack extends EventTarget {
  readyState = 'live';
  muted = false;
  label = 'fake';

  constructor(kind, settings = {}) {
    super();
    this.kind = kind;
    this.settings = settings;
  }

  getSettings() { return this.settings; }

  clone() { return new FakeTrack(this.kind, this.settings); }

  stop() { this.readyState = 'ended'; }

  /** Ends by itself: unplugged, or no longer shared. */
  end() {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
}

export class FakeStream {
  #tracks;
  constructor(tracks = []) { this.#tracks = tracks; }
  getTracks() { return this.#tracks; }
  getVideoTracks() { return this.#tracks.filter(({ kind }) => kind === 'video'); }
  getAudioTracks() { return this.#tracks.filter(({ kind }) => kind === 'audio'); }
}

class FakeWorker extends EventTarget {
  posted = [];
  terminated = false;

  constructor() {
    super();
    workers.push(this);
    queueMicrotask(() => this.say({ type: 'ready' }));
  }

  postMessage(message) { this.posted.push(message); }

  terminate() { this.terminated = true; }

  /** Nothing is heard from one that was terminated. */
  say(data) {
    if (!this.terminated) this.dispatchEvent(new MessageEvent('message', { data }));
  }

  asked(type) { return this.posted.filter((message) => message.type === type).length; }
}

/** A file is handed to the Worker, once its type was looked at. */
export const handedOver = () => until(() => workers[0]?.asked('send') === 1, 'the file is handed over');

class FakeMediaRecorder extends EventTarget {
  static isTypeSupported() { return true; }
  state = 'inactive';

  constructor(stream, how) {
    super();
    this.stream = stream;
    this.mimeType = how.mimeType;
    this.how = how;
    medias.push(this);
  }

  /** @param {number} sliceMs */
  start(sliceMs) {
    this.sliceMs = sliceMs;
    this.state = 'recording';
    this.dispatchEvent(new Event('start'));
  }

  pause() { this.state = 'paused'; }
  resume() { this.state = 'recording'; }
  requestData() { this.data(10); }

  data(bytes) {
    this.dispatchEvent(Object.assign(new Event('dataavailable'), { data: new Blob([new Uint8Array(bytes)]) }));
  }

  stop() {
    this.state = 'inactive';
    queueMicrotask(() => {
      this.data(10);
      this.dispatchEvent(new Event('stop'));
    });
  }
}

class FakeAudioContext extends EventTarget {
  state = 'running';
  createMediaStreamDestination() { return { stream: new FakeStream([new FakeTrack('audio')]) }; }
  createMediaStreamSource() { return { connect() {}, disconnect() {} }; }
  createConstantSource() { return { offset: {}, connect() {}, start() {} }; }
  createGain() { return { connect() {}, gain: { setTargetAtTime() {} } }; }
  async resume() {}
  async close() { this.state = 'closed'; }
}

/** Plays what nobody hears. */
class FakeAudio {
  async play() {}
}

/** @param {{getDisplayMedia?: () => Promise<FakeStream>, getUserMedia?: () => Promise<FakeStream>}} [mediaDevices] */
export function installPage(mediaDevices = {}) {
  workers = [];
  medias = [];
  Object.assign(globalThis, {
    Worker: FakeWorker, MediaRecorder: FakeMediaRecorder, MediaStream: FakeStream, AudioContext: FakeAudioContext, Audio: FakeAudio,
    origin: new URL(import.meta.url).origin, isSecureContext: true,
    addEventListener() {}, removeEventListener() {},
  });
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: 4, mediaDevices }, configurable: true });
}
