/**
 * Draws the camera into the picture of the screen, in a Worker: who records another window hides our page, and a hidden
 * page's timers stand still.
 *
 *   screen ─► newest frame ─► canvas ──┐
 *                                      ├─► a frame of the canvas ─► out
 *   camera ─► newest frame ─► bubble ──┘
 *
 * A frame is let go of as soon as it is drawn: a device has only a few, and delivers no more while they are held.
 */

import { Bubble } from './bubble.js';
import { fitted, recordedSize } from './place.js';
import { Pace } from './pace.js';

/** @typedef {'screen' | 'camera'} SourceName */

export class Compositor {
  /** @type {Record<SourceName, VideoFrame | null>} those that are not drawn yet */
  #newest = { screen: null, camera: null };
  #ended = { screen: false, camera: false };
  #out;
  #bubble;
  #pace = new Pace(() => this.#make());
  /** @type {OffscreenCanvasRenderingContext2D | null} of a canvas as large as what is recorded, from the first frame on */
  #pen = null;
  #startedAt = performance.now();
  #writing = false;
  #missed = false; // something came while writing

  /** @param {import('../base/messages.js').Compose} order */
  constructor({ screen, camera, out, bubble }) {
    this.#bubble = new Bubble(bubble);
    this.#out = out.getWriter();
    for (const [name, frames] of /** @type {const} */ ([['screen', screen], ['camera', camera]])) {
      this.#follow(name, frames).catch((error) => setTimeout(() => { throw error; })); // as an error of the Worker, of which the page hears
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

  /** A frame at a time: a recorder that is behind gets the newest next, and not all of them. @param {VideoFrame} frame */
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

/** A window that was made larger or smaller is fitted in, so that what is recorded keeps its size. @param {OffscreenCanvasRenderingContext2D} pen @param {VideoFrame} frame */
function drawFitted(pen, frame) {
  const { canvas } = pen;
  const { x, y, width, height } = fitted({ width: frame.displayWidth, height: frame.displayHeight }, canvas);
  if (width < canvas.width || height < canvas.height) pen.clearRect(0, 0, canvas.width, canvas.height); // black, as there is no alpha
  pen.drawImage(frame, x, y, width, height);
}
