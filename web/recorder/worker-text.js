/**
 * The Worker's code, and the name of the file beside recorder.js that has the same. The bundle puts both in here; where
 * the modules are served as they are, there is none, and the Worker starts from `worker.js`.
 */

/** @type {string} */
export const workerText = '';
/** @type {string} */
export const workerFile = '';
