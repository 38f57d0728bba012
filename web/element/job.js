/**
 * What is being recorded, or recovered, as the page follows it.
 */

import { errorMessage } from '../pages/error-words.js';

/**
 * @typedef {import('../recorder.js').Recorder | ReturnType<typeof import('../recorder.js').Recorder.recover>} Job
 *
 * @typedef {object} Handlers
 * @property {(detail: import('../recorder.js').StateDetail) => void} state
 * @property {(detail: import('../recorder.js').RecordingProgress) => void} progress
 * @property {(detail: {number: number, bytes: number}) => void} part
 * @property {(detail: import('../recorder.js').ErrorDetail) => void} error
 * @property {(detail: import('../recorder.js').Eased) => void} eased
 */

/** @param {Job} job @param {() => boolean} isCurrent whether it is the page's yet @param {Handlers} handlers */
export function follow(job, isCurrent, handlers) {
  for (const [name, handle] of Object.entries(handlers)) {
    job.addEventListener(name, (/** @type {Event} */ event) => {
      if (isCurrent() && event instanceof CustomEvent) handle(event.detail);
    });
  }
}

/** Throws it away. @param {Job} job @param {import('../messages/words.js').Words<'record'>} words @returns {Promise<import('../pages/page-state.js').Message | null>} what to say of it, if anything */
export async function discardJob(job, words) {
  try {
    await job.cancel(); // the state is `cancelled` at once; S3 is told meanwhile
    return job.state === 'cancelled' ? words.message('discarded') : null;
  } catch (error) {
    if (job.state === 'completed') return words.message('discardTooLate', 'warning'); // the link plays
    if (job.state !== 'cancelled') return null;
    const completed = /** @type {import('../recorder.js').RecorderError} */ (error).reason === 'completed';
    return { ...words.message(completed ? 'discardRefused' : 'discardUnheard', 'warning'), code: errorMessage(error, words.errors('errors')).code };
  }
}
