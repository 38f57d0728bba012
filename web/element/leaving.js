/**
 * The browser asks before one leaves the page, only while there is something to lose.
 */

/**
 * @param {import('./safety-view.js').Situation} situation
 * @param {import('./safety-view.js').Counts} counts as they were told last: nothing at all means that nothing is known yet
 */
export function losesByLeaving({ state, isFile, kept, hopeless }, { recordedBytes, uploadedBytes }) {
  if (state === 'recording' || state === 'uploading') return true;
  const inS3 = recordedBytes > 0 && uploadedBytes >= recordedBytes;
  if (state === 'paused' || state === 'stopping') return !inS3;
  return state === 'failed' && !isFile && !kept && !hopeless && !inS3;
}

/** The browser's question, for one recording. */
export class Guard {
  /** @param {boolean} wanted whether the browser is to ask */
  ask(wanted) {
    if (wanted) addEventListener('beforeunload', this.#ask);
    else removeEventListener('beforeunload', this.#ask);
  }

  /** @param {BeforeUnloadEvent} event */
  #ask = (event) => { event.preventDefault(); };
}
