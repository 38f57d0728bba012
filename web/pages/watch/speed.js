/** How fast it plays. The select and the player follow each other: the browser's own controls have speeds, too. */

export const SPEEDS = Object.freeze([0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3]);

/** The next speed in a direction; at the end, the last. @param {number} now @param {1 | -1} direction */
export function nextSpeed(now, direction) {
  const further = SPEEDS.filter((speed) => (speed - now) * direction > 0.001);
  return (direction > 0 ? further[0] : further.at(-1)) ?? now;
}

/**
 * @param {HTMLSelectElement} select
 * @param {HTMLVideoElement} player
 * @param {(speed: number) => string} words
 */
export function offerSpeeds(select, player, words) {
  const option = (/** @type {number} */ speed) => new Option(words(speed), String(speed));
  select.replaceChildren(...SPEEDS.map(option));
  const show = () => {
    const now = String(player.playbackRate);
    if (![...select.options].some(({ value }) => value === now)) select.append(option(player.playbackRate));
    select.value = now;
  };
  select.addEventListener('change', () => { player.playbackRate = Number(select.value); });
  player.addEventListener('ratechange', show);
  show();
}
