/**
 * The keys that people know from other players. Where the player itself has the focus, the browser answers to some of them
 * already.
 */

import { nextSpeed } from './speed.js';

/** What browsers do by themselves when the player has the focus. */
const BROWSERS_OWN = [' ', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
const VOLUME_STEP = 0.1;

/** @typedef {(player: HTMLVideoElement, stage: HTMLElement) => void} Act */

/** @type {Readonly<Record<string, Act>>} */
const ACTS = Object.freeze({
  ' ': toggle,
  k: toggle,
  ArrowLeft: (player) => seekBy(player, -5),
  ArrowRight: (player) => seekBy(player, 5),
  j: (player) => seekBy(player, -10),
  l: (player) => seekBy(player, 10),
  ArrowUp: (player) => louder(player, VOLUME_STEP),
  ArrowDown: (player) => louder(player, -VOLUME_STEP),
  m: (player) => { player.muted = !player.muted; },
  f: (player, stage) => fill(player, stage),
  '<': (player) => { player.playbackRate = nextSpeed(player.playbackRate, -1); },
  '>': (player) => { player.playbackRate = nextSpeed(player.playbackRate, 1); },
});

/**
 * @param {HTMLVideoElement} player
 * @param {HTMLElement} stage what fills the screen
 */
export function answerKeys(player, stage) {
  document.addEventListener('keydown', (event) => {
    const act = actOf(event, player);
    if (!act) return;
    event.preventDefault();
    act(player, stage);
  });
}

/**
 * @param {Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey' | 'target'>} event
 * @param {HTMLVideoElement} player
 * @returns {Act | undefined}
 */
export function actOf({ key, altKey, ctrlKey, metaKey, target }, player) {
  if (altKey || ctrlKey || metaKey) return undefined; // the browser's, or the system's
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (target === player && BROWSERS_OWN.includes(name)) return undefined;
  if (takesKeys(target, name)) return undefined;
  return Object.hasOwn(ACTS, name) ? ACTS[name] : undefined;
}

/** Fields take all keys; buttons and links what presses them. @param {EventTarget | null} target @param {string} key */
function takesKeys(target, key) {
  const tag = /** @type {Partial<Element> | null} */ (target)?.tagName;
  if (tag === 'INPUT' || tag === 'TEXTAREA' || tag === 'SELECT') return true;
  return key === ' ' && (tag === 'BUTTON' || tag === 'A' || tag === 'SUMMARY');
}

/** @param {HTMLVideoElement} player */
function toggle(player) {
  if (player.paused) player.play().catch(() => {}); // what keeps it from playing is told elsewhere
  else player.pause();
}

/** @param {HTMLVideoElement} player @param {number} seconds */
function seekBy(player, seconds) {
  const end = Number.isFinite(player.duration) ? player.duration : Infinity;
  player.currentTime = Math.max(0, Math.min(end, player.currentTime + seconds));
}

/** @param {HTMLVideoElement} player @param {number} step */
function louder(player, step) {
  player.muted = false;
  player.volume = Math.max(0, Math.min(1, player.volume + step));
}

/** iPhones fill the screen with a video alone. @param {HTMLVideoElement} player @param {HTMLElement} stage */
function fill(player, stage) {
  if (document.fullscreenElement) void document.exitFullscreen();
  else if (stage.requestFullscreen) stage.requestFullscreen().catch(() => {});
  else /** @type {any} */ (player).webkitEnterFullscreen?.();
}
