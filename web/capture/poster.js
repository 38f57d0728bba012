/**
 * Takes one picture of the recording, for pages that list or show recordings: the first frame that is not black.
 */

import { sleep } from '../base/backoff.js';

/** As the broker has it (internal/session/poster.go). */
export const MAX_POSTER_BYTES = 100_000;
const TYPE = 'image/jpeg';
/** A camera sees nothing at first. What is black for a minute stays without a picture. */
const LOOKS_MS = [250, 500, 1000, 2000, 4000, 8000, 15_000, 30_000];
/** Of the poster, in pixels. */
const LONGEST_SIDE = 1280;
/** What is tried in turn until it fits. Noise, which nothing makes small, has 60 kB with the last one. */
const FITS = [{ share: 1, quality: 0.8 }, { share: 1, quality: 0.5 }, { share: 0.5, quality: 0.6 }, { share: 0.25, quality: 0.6 }];
/** A frame is looked at in this size. */
const GLANCE = { width: 64, height: 36 };
/** A pixel above this is not black: cameras have noise in the dark. */
const BLACK = 32;
/** A frame with fewer pixels above it is black, of 64 by 36: a cursor alone is nothing to show. */
const LIT_PIXELS = 12;

/**
 * @param {MediaStreamTrack} track a picture's
 * @param {AbortSignal} signal
 * @returns {Promise<Blob | null>} a JPEG of at most {@link MAX_POSTER_BYTES}; null where all was black
 * @throws what the browser does not allow
 */
export async function takePoster(track, signal) {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, playsInline: true, srcObject: new MediaStream([track]) });
  void video.play().catch(() => {}); // no frame comes, then
  try {
    for (const ms of LOOKS_MS) {
      await sleep(ms, { signal });
      const { width, height } = GLANCE;
      if (video.videoWidth === 0 || isBlack(drawn(video, width, height).getImageData(0, 0, width, height).data)) continue;
      const poster = await pictureOf(video);
      if (poster) return poster;
    }
    return null;
  } finally {
    video.srcObject = null;
  }
}

/** @param {ArrayLike<number>} pixels red, green, blue and alpha of each */
export function isBlack(pixels) {
  let lit = 0;
  for (let at = 0; at < pixels.length; at += 4) if (Math.max(pixels[at], pixels[at + 1], pixels[at + 2]) > BLACK) lit++;
  return lit < LIT_PIXELS;
}

/** @param {HTMLVideoElement} video */
async function pictureOf(video) {
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
  for (const { share, quality } of FITS) {
    const { canvas } = drawn(video, videoWidth * scale * share, videoHeight * scale * share);
    const picture = await canvas.convertToBlob({ type: TYPE, quality });
    if (picture.type === TYPE && picture.size <= MAX_POSTER_BYTES) return picture;
  }
  return null;
}

/** @param {HTMLVideoElement} video @param {number} width @param {number} height */
function drawn(video, width, height) {
  const context = new OffscreenCanvas(Math.max(1, Math.round(width)), Math.max(1, Math.round(height))).getContext('2d');
  if (!context) throw new Error('this browser draws nothing');
  context.drawImage(video, 0, 0, context.canvas.width, context.canvas.height);
  return context;
}
