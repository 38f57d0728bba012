/**
 * Where the camera is drawn in the picture of the screen.
 *
 * @typedef {object} BubblePlace the camera's place in the picture; all of it is always inside
 * @property {'round' | 'square'} shape
 * @property {number} size its side, as a share of the picture's shorter side: 0.1 to 0.6
 * @property {number} x 0: at the left edge, 1: at the right edge
 * @property {number} y 0: at the upper edge, 1: at the lower edge
 * @property {boolean} hidden the screen is recorded alone while it is true
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Rect in pixels
 */

/** The lower left is where people look least: menus and the speaker's cursor are elsewhere. */
export const BUBBLE = /** @type {Readonly<BubblePlace>} */ (Object.freeze({ shape: 'round', size: 0.28, x: 0, y: 1, hidden: false }));

export const SHAPES = /** @type {const} */ (['round', 'square']);

/** The least and the most of what is a number. */
export const RANGES = Object.freeze({ size: Object.freeze([0.1, 0.6]), x: Object.freeze([0, 1]), y: Object.freeze([0, 1]) });

/** How far it stays from the edges, as a share of the picture's shorter side. */
const MARGIN = 0.03;

/**
 * @param {{width: number, height: number}} picture
 * @param {BubblePlace} bubble
 * @returns {Rect} in whole pixels
 */
export function placeOf({ width, height }, { size, x, y }) {
  const shorter = Math.min(width, height);
  const side = Math.round(size * shorter);
  const margin = Math.round(MARGIN * shorter);
  const along = (/** @type {number} */ whole, /** @type {number} */ share) => Math.round(margin + share * (whole - side - 2 * margin));
  return { x: along(width, x), y: along(height, y), width: side, height: side };
}

/** The square in the middle of a picture. @param {{width: number, height: number}} picture @returns {Rect} */
export function middleOf({ width, height }) {
  const side = Math.min(width, height);
  return { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side };
}

/**
 * All of a picture, as large as it fits into another without a change of its proportions, in the middle.
 *
 * @param {{width: number, height: number}} picture
 * @param {{width: number, height: number}} into
 * @returns {Rect} in whole pixels
 */
export function fitted(picture, into) {
  const scale = Math.min(into.width / picture.width, into.height / picture.height);
  const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  return { x: Math.round((into.width - width) / 2), y: Math.round((into.height - height) / 2), width, height };
}

/** More pixels than these cost more than two cores can give, and nobody reads them. */
const MOST_PIXELS = 1920 * 1080;

/**
 * The size that is recorded of a screen: its own, or that of 1080p at most. Even, as video codecs want it.
 *
 * @param {{width: number, height: number}} screen
 * @returns {{width: number, height: number}}
 */
export function recordedSize({ width, height }) {
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
  const even = (/** @type {number} */ length) => Math.max(2, 2 * Math.floor(length * scale / 2));
  return { width: even(width), height: even(height) };
}
