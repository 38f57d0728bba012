/**
 * What a browser says of itself, and which types it says that it records and plays.
 */

const TYPES = [
  'video/mp4', 'video/mp4;codecs="avc1,mp4a.40.2"', 'video/mp4;codecs="avc1.42E01E,mp4a.40.2"', 'video/mp4;codecs="avc1,opus"', 'video/mp4;codecs="avc3,mp4a.40.2"',
  'video/mp4;codecs="avc3,opus"', 'video/mp4;codecs="hvc1,mp4a.40.2"', 'video/mp4;codecs="hev1,mp4a.40.2"', 'video/mp4;codecs="vp09.00.10.08,opus"', 'video/mp4;codecs="av01.0.04M.08,opus"',
  'video/webm', 'video/webm;codecs="vp8,opus"', 'video/webm;codecs="vp9,opus"', 'video/webm;codecs="av1,opus"', 'video/webm;codecs="h264,opus"', 'video/quicktime',
  'audio/mp4', 'audio/mp4;codecs="mp4a.40.2"', 'audio/mp4;codecs="opus"', 'audio/mp4;codecs="alac"', 'audio/webm', 'audio/webm;codecs="opus"', 'audio/ogg;codecs="opus"',
];

/** @returns {object} no list of devices, and nothing that names a person */
export function browserFacts() {
  const { userAgent, vendor, platform, hardwareConcurrency: cores, maxTouchPoints, mediaDevices, storage } = navigator;
  const player = document.createElement('video');
  return {
    userAgent, vendor, platform, cores, maxTouchPoints,
    screen: { width: screen.width, height: screen.height, pixelRatio: devicePixelRatio },
    secureContext: isSecureContext,
    has: {
      MediaRecorder: 'MediaRecorder' in globalThis, getDisplayMedia: Boolean(mediaDevices?.getDisplayMedia), fileSystem: Boolean(storage?.getDirectory), storageEstimate: Boolean(storage?.estimate),
      locks: 'locks' in navigator, wakeLock: 'wakeLock' in navigator, OffscreenCanvas: 'OffscreenCanvas' in globalThis, clipboard: 'clipboard' in navigator,
    },
    records: TYPES.filter((type) => globalThis.MediaRecorder?.isTypeSupported(type)),
    plays: Object.fromEntries(TYPES.map((type) => [type, player.canPlayType(type)])),
  };
}

/**
 * What a track delivers, without the names and numbers of devices.
 *
 * @param {MediaStreamTrack} track
 */
export function trackFacts(track) {
  const { deviceId, groupId, ...settings } = track.getSettings();
  return { kind: track.kind, muted: track.muted, settings };
}
