/**
 * The bubble as it is drawn: what the camera shows, and what it covers of the screen.
 */

import { middleOf, placeOf } from './place.js';

/** The ring around it, as a share of its side. */
const RING = 0.02;
/** The side of the picture that is kept of the camera, in pixels, at most. A bubble is seldom larger: half of 1080. */
const MOST_FACE = 540;

export class Bubble {
  #place;
  /** @type {OffscreenCanvas | null} what the camera showed last; null: nothing, or it has ended */
  #face = null;
  /** What the screen shows where it is drawn. */
  #under = new OffscreenCanvas(1, 1);
  /** @type {import('./place.js').Rect | null} where it is drawn now */
  #drawn = null;

  /** @param {import('./place.js').BubblePlace} place */
  constructor(place) { this.#place = place; }

  /** @param {import('./place.js').BubblePlace} place from the next draw on */
  set place(place) { this.#place = place; }

  /** The camera has a new picture. @param {VideoFrame} frame */
  show(frame) {
    const part = middleOf({ width: frame.displayWidth, height: frame.displayHeight });
    const side = Math.min(part.width, MOST_FACE);
    if (this.#face?.width !== side) this.#face = new OffscreenCanvas(side, side);
    penOf(this.#face).drawImage(frame, part.x, part.y, part.width, part.height, 0, 0, side, side);
  }

  /** The camera shows nothing any more. */
  clear() { this.#face = null; }

  /** The screen was drawn anew, so the bubble is not in the picture any more. */
  covered() { this.#drawn = null; }

  /**
   * Before the bubble is drawn, what it covered of the screen is put back. Its edge is smooth; drawn over itself again and
   * again, the edge would become hard.
   *
   * @param {OffscreenCanvasRenderingContext2D} pen
   */
  draw(pen) {
    if (this.#drawn) pen.drawImage(this.#under, this.#drawn.x, this.#drawn.y);
    this.#drawn = null;
    if (!this.#face || this.#place.hidden) return;
    const at = placeOf(pen.canvas, this.#place);
    const { x, y, width, height } = at;
    if (this.#under.width !== width) this.#under = new OffscreenCanvas(width, height);
    penOf(this.#under).drawImage(pen.canvas, x, y, width, height, 0, 0, width, height);
    this.#drawn = at;
    drawFace(pen, this.#face, at, this.#place.shape);
  }
}

/** @param {OffscreenCanvas} canvas */
function penOf(canvas) {
  return /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
}

/**
 * With its ring inside.
 *
 * @param {OffscreenCanvasRenderingContext2D} pen
 * @param {OffscreenCanvas} face
 * @param {import('./place.js').Rect} at
 * @param {'round' | 'square'} kind
 */
function drawFace(pen, face, { x, y, width, height }, kind) {
  const shape = new Path2D();
  shape.roundRect(x, y, width, height, kind === 'round' ? width / 2 : width / 10);
  pen.save();
  pen.clip(shape);
  pen.drawImage(face, x, y, width, height);
  pen.lineWidth = Math.max(2, Math.round(2 * RING * width)); // the outer half is outside
  pen.strokeStyle = 'white';
  pen.stroke(shape);
  pen.restore();
}
