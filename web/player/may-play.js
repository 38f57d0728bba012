/** H.264 without its profile. */
const BARE_H264 = /\bavc[13](?![\w.])/i;

/**
 * Whether a player may know a type. Chromium names H.264 as it was asked for, without a profile; Firefox takes that for no
 * codec at all, and plays such a file (ESR 153, 2026-11-30). So then the container alone is asked for.
 *
 * @param {Pick<HTMLVideoElement, 'canPlayType'>} video
 * @param {string} type
 */
export function mayPlay(video, type) {
  return video.canPlayType(BARE_H264.test(type) ? type.split(';')[0] : type) !== '';
}
