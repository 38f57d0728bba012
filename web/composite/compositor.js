/**
 * Draws the camera into the picture of the screen. This runs in a Worker: while another window is recorded, our page is
 * usually hidden, and browsers slow down the timers of a hidden page.
 *
 *   screen ─► newest frame ─► canvas ──┐
 *                                      ├─► a frame of the canvas ─► out
 *   camera ─► newest frame ─► bubble ──┘
 *
 * Each frame is closed as soon as it is drawn. A device has only a few frames, and delivers no more while they are in use.
 */

import { Bubble } from './bubble.js';
import { fitted, recordedSize } from './place.js';
import { Pace } from './pace.js';

/** @typedef {'screen' | 'camera'} SourceName */

export class Compositor {
  /** @type {Record<SourceName, VideoFrame | null>} the newest frame of each that is not drawn yet */
  #newest = { screen: null, camera: null };
  #ended = { screen: false, camera: false };
  #out;
  #bubble;
  #pace = new Pace(() => this.#make());
  /** @type {OffscreenCanvasRenderingContext2D | null} of a canvas as large as what is recorded, from the first frame on */
  #pen = null;
  #startedAt = performance.now();
  #writing = false;
  #missed = false; // something new came while a frame was being written

  /** @param {import('../base/messages.js').Compose} order */
  constructor({ screen, camera, out, bubble }) {
    this.#bubble = new Bubble(bubble);
    this.#out = out.getWriter();
    for (const [name, frames] of /** @type {const} */ ([['screen', screen], ['camera', camera]])) {
      this.#follow(name, frames).catch((error) => setTimeout(() => { throw error; })); // a rejection would stay in the Worker; of an uncaught error the page is told
    }
  }

  /** @param {import('./place.js').BubblePlace} place from now on */
  set bubble(place) {
    this.#bubble.place = place;
    this.#pace.news();
  }

  /** @param {SourceName} name @param {ReadableStream<VideoFrame>} frames */
  async #follow(name, frames) {
    const reader = frames.getReader();
    for (;;) {
      const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
      if (done || !value) break;
      this.#take(name)?.close();
      this.#newest[name] = value;
      this.#pace.news();
    }
    this.#take(name)?.close();
    this.#ended[name] = true;
    if (name === 'camera') this.#bubble.clear();
    if (this.#ended.screen && this.#ended.camera) this.#end();
    else this.#pace.news(); // the other one goes on, alone
  }

  /** @param {SourceName} name */
  #take(name) {
    const frame = this.#newest[name];
    this.#newest[name] = null;
    return frame;
  }

  #end() {
    this.#pace.stop();
    void this.#out.close().catch(() => {}); // the page has closed it
  }

  #make() {
    if (this.#writing) {
      this.#missed = true;
      return;
    }
    if (this.#ended.screen) this.#drawWhole('camera');
    else {
      this.#drawWhole('screen');
      this.#drawCamera();
    }
    if (this.#pen) void this.#send(new VideoFrame(this.#pen.canvas, { timestamp: Math.round(1000 * (performance.now() - this.#startedAt)) }));
  }

  /** @param {SourceName} name is all that the picture shows */
  #drawWhole(name) {
    const frame = this.#take(name);
    if (!frame) return;
    this.#pen ??= penFor(frame);
    drawFitted(this.#pen, frame);
    frame.close();
    this.#bubble.covered();
  }

  #drawCamera() {
    const frame = this.#take('camera');
    if (frame) {
      this.#bubble.show(frame);
      frame.close();
    }
    if (this.#pen) this.#bubble.draw(this.#pen);
  }

  /** Writes one frame at a time. If MediaRecorder is slow, it gets the newest picture next, and older ones are left out. @param {VideoFrame} frame */
  async #send(frame) {
    this.#writing = true;
    await this.#out.write(frame).catch(() => frame.close()); // the page has closed it
    this.#writing = false;
    if (!this.#missed) return;
    this.#missed = false;
    this.#pace.news();
  }
}

/** @param {VideoFrame} frame */
function penFor({ displayWidth, displayHeight }) {
  const { width, height } = recordedSize({ width: displayWidth, height: displayHeight });
  return /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext('2d', { alpha: false }));
}

/** If a shared window changes its size, its picture is fitted in: the recording keeps its own size. @param {OffscreenCanvasRenderingContext2D} pen @param {VideoFrame} frame */
function drawFitted(pen, frame) {
  const { canvas } = pen;
  const { x, y, width, height } = fitted({ width: frame.displayWidth, height: frame.displayHeight }, canvas);
  if (width < canvas.width || height < canvas.height) pen.clearRect(0, 0, canvas.width, canvas.height); // black, as there is no alpha
  pen.drawImage(frame, x, y, width, height);
}
