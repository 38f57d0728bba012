/**
 * The camera in the picture of the screen, while recording: where it is, how large, round or square, shown or hidden. It
 * can also be dragged on the preview.
 */

import { Pane } from './pane.js';

/** @typedef {import('../recorder.js').Recorder} Recorder */

export class BubbleControls extends Pane {
  #box = this.byId('bubble', HTMLElement);
  #preview = this.byId('preview', HTMLVideoElement);
  #hide = this.byId('bubble-hide', HTMLButtonElement);
  #corner = this.byId('bubble-corner', HTMLSelectElement);
  #size = this.byId('bubble-size', HTMLInputElement);
  #shape = this.byId('bubble-shape', HTMLSelectElement);
  /** @type {Recorder | null} */
  #recorder = null;

  /** @param {import('../pages/shadow-view.js').ShadowView} view */
  constructor(view) {
    super(view);
    this.#hide.addEventListener('click', () => this.#change({ hidden: !this.#recorder?.bubble?.hidden }));
    this.#corner.addEventListener('change', () => {
      const [x, y] = this.#corner.value.split(' ').map(Number);
      this.#change({ x, y });
    });
    this.#size.addEventListener('input', () => this.#change({ size: this.#size.valueAsNumber }));
    this.#shape.addEventListener('change', () => this.#change({ shape: /** @type {'round' | 'square'} */ (this.#shape.value) }));
    this.#preview.addEventListener('pointerdown', (event) => this.#drag(event));
  }

  /** @param {Recorder} recorder */
  show(recorder) {
    this.#recorder = recorder.bubble ? recorder : null;
    this.#box.hidden = !this.#recorder;
    this.#preview.classList.toggle('drags', Boolean(this.#recorder));
    this.#read();
  }

  hide() {
    this.#recorder = null;
    this.#box.hidden = true;
    this.#preview.classList.remove('drags');
  }

  /** @param {Partial<import('../recorder.js').BubblePlace>} change */
  #change(change) {
    this.#recorder?.setBubble(change);
    this.#read();
  }

  #read() {
    const bubble = this.#recorder?.bubble;
    if (!bubble) return;
    this.#hide.setAttribute('aria-pressed', String(bubble.hidden));
    const corner = `${bubble.x} ${bubble.y}`;
    this.#corner.value = [...this.#corner.options].some(({ value }) => value === corner) ? corner : '';
    this.#size.valueAsNumber = bubble.size;
    this.#shape.value = bubble.shape;
  }

  /** To where the pointer goes, until it is let go of. @param {PointerEvent} down */
  #drag(down) {
    if (!this.#recorder || down.button !== 0) return;
    this.#preview.setPointerCapture(down.pointerId);
    const move = (/** @type {PointerEvent} */ event) => this.#change(shareOf(event, this.#preview));
    this.#preview.addEventListener('pointermove', move);
    this.#preview.addEventListener('lostpointercapture', () => this.#preview.removeEventListener('pointermove', move), { once: true });
  }
}

/** Where a pointer is on the picture, each from 0 to 1. @param {PointerEvent} event @param {HTMLVideoElement} preview */
function shareOf({ clientX, clientY }, preview) {
  const { left, top, width, height } = preview.getBoundingClientRect();
  const scale = Math.min(width / preview.videoWidth, height / preview.videoHeight); // the picture is fitted into the element
  const share = (/** @type {number} */ at, /** @type {number} */ whole, /** @type {number} */ shown) => Math.min(1, Math.max(0, (at - (whole - shown) / 2) / shown)) || 0;
  return { x: share(clientX - left, width, preview.videoWidth * scale), y: share(clientY - top, height, preview.videoHeight * scale) };
}
