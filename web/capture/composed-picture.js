/**
 * One picture made of two: the screen with the camera in it. A Worker of its own draws it (see composite/compositor.js).
 */

import { BUBBLE } from '../composite/place.js';
import { RecorderError } from '../base/errors.js';

/**
 * @typedef {import('../composite/place.js').BubblePlace} BubblePlace
 *
 * @typedef {object} WorkerEvents
 * @property {(message: import('../base/messages.js').FromWorker) => void} onMessage
 * @property {(event: {message?: string}) => void} onError
 *
 * @typedef {object} DrawingWorker
 * @property {(message: import('../base/messages.js').ToWorker, transfer?: Transferable[]) => void} postMessage
 * @property {() => void} terminate
 *
 * @typedef {(events: WorkerEvents) => DrawingWorker} StartWorker
 *
 * @typedef {object} Insertable what Chromium has for pages: https://w3c.github.io/mediacapture-transform/ as of 2022, read 2026-11-30
 * @property {new (init: {track: MediaStreamTrack}) => {readable: ReadableStream<VideoFrame>}} MediaStreamTrackProcessor
 * @property {new (init: {kind: 'video'}) => MediaStreamTrack & {writable: WritableStream<VideoFrame>}} MediaStreamTrackGenerator
 */

const insertable = /** @type {Insertable} */ (/** @type {unknown} */ (globalThis));

/** Whether this browser can put a camera into the picture of a screen. */
export function canCompose() {
  const { MediaStreamTrackProcessor, MediaStreamTrackGenerator } = insertable;
  return Boolean(MediaStreamTrackProcessor && MediaStreamTrackGenerator && globalThis.Path2D?.prototype.roundRect);
}

/** @throws {RecorderError} `not-supported`, before anybody is asked for a device */
export function demandComposing() {
  if (!canCompose()) throw new RecorderError('not-supported', 'this browser cannot record screen and camera in one picture', { field: 'camera' });
}

export class ComposedPicture {
  #worker;
  #bubble;
  /** @type {() => void} */
  #tellBroken = () => {};
  #isBroken = false;

  /**
   * @param {MediaStreamTrack} screen
   * @param {MediaStreamTrack} camera
   * @param {DrawingWorker} worker it runs already
   * @param {BubblePlace} bubble
   */
  constructor(screen, camera, worker, bubble) {
    const { MediaStreamTrackProcessor, MediaStreamTrackGenerator } = insertable;
    const generator = new MediaStreamTrackGenerator({ kind: 'video' });
    const order = { screen: new MediaStreamTrackProcessor({ track: screen }).readable, camera: new MediaStreamTrackProcessor({ track: camera }).readable, out: generator.writable };
    this.track = /** @type {MediaStreamTrack} */ (generator);
    this.#worker = worker;
    this.#bubble = bubble;
    worker.postMessage({ type: 'compose', bubble, ...order }, Object.values(order));
  }

  /**
   * Starts the Worker, waits until it runs, and gives it both pictures.
   *
   * @param {MediaStreamTrack} screen
   * @param {MediaStreamTrack} camera
   * @param {StartWorker} startWorker
   * @param {Partial<BubblePlace>} [bubble]
   * @returns {Promise<ComposedPicture>}
   * @throws {RecorderError} `worker-failed` if the Worker does not load
   */
  static async start(screen, camera, startWorker, bubble) {
    /** @type {ComposedPicture | undefined} */
    let picture;
    const worker = await new Promise((resolve, reject) => {
      const starting = startWorker({
        onMessage: (message) => { if (message.type === 'ready') resolve(starting); },
        onError: ({ message = 'it did not load' }) => {
          reject(new RecorderError('worker-failed', `the Worker that draws screen and camera: ${message}`));
          picture?.break();
        },
      });
    });
    picture = new ComposedPicture(screen, camera, worker, { ...BUBBLE, ...bubble });
    return picture;
  }

  /** Called when the Worker has failed, so that no frame follows; at once if it has already. @param {() => void} tell */
  set onBroken(tell) {
    this.#tellBroken = tell;
    if (this.#isBroken) tell();
  }

  /** The Worker has failed. */
  break() {
    this.#isBroken = true;
    this.#tellBroken();
  }

  /** Where the camera is drawn. @returns {BubblePlace} */
  get bubble() { return { ...this.#bubble }; }

  /** @param {Partial<BubblePlace>} change */
  change(change) {
    this.#bubble = { ...this.#bubble, ...change };
    this.#worker.postMessage({ type: 'bubble', bubble: this.#bubble });
  }

  close() {
    this.track.stop();
    this.#worker.terminate();
  }
}
