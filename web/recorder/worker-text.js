/**
 * The Worker's code, and the name of the file beside recorder.js with the same code. The bundle puts both in here. If the modules
 * are served unbundled, both are empty, and the Worker starts from `worker.js`.
 */

/** @type {string} */
export const workerText = '';
/** @type {string} */
export const workerFile = '';
