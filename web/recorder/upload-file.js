import { RecorderError } from '../base/errors.js';
import { checkAcceptable, fittingName } from './acceptable.js';
import { typeOfFile } from './file-type.js';
import { checked } from './options.js';
import { demandSecureContext } from './secure-context.js';
import { WorkerLine } from './worker-line.js';

/** @typedef {import('../base/messages.js').Result} Result */

/**
 * Uploads a file, such as one from a phone’s camera, in the same way as a recording.
 *
 * @param {File | Blob} file
 * @param {Pick<import('../recorder.js').RecorderOptions, 'broker' | 'grant' | 'name' | 'metadata' | 'parallel' | 'contentType' | 'workerUrl'> & {
 *   signal?: AbortSignal, onProgress?: (progress: import('../base/messages.js').Progress) => void,
 *   onTrouble?: (error: RecorderError) => void}} options `name` is the file's own unless given, shortened where it is too
 *   long; `contentType` its own `type`, or else what its extension or its first bytes say; aborting the signal aborts the upload in S3; onTrouble is told what fails and is
 *   being retried
 * @returns {Promise<Result>}
 * @throws {RecorderError} `empty`, `invalid`, `not-supported`, or what failed; the signal's reason when it was aborted
 */
export async function uploadFile(file, options) {
  const { broker, parallel } = checked(options);
  checkAcceptable(options);
  demandSecureContext();
  const { name = 'name' in file ? fittingName(file.name) : undefined, metadata, signal, onProgress, onTrouble } = options;
  signal?.throwIfAborted();
  if (file.size === 0) throw new RecorderError('empty', 'the file is empty');
  const contentType = await typeOfFile(file, options.contentType);
  signal?.throwIfAborted();
  /** @type {() => void} */
  let abort = () => {};
  /** @type {Promise<Result>} */
  const outcome = new Promise((resolve, reject) => {
    /** @type {RecorderError | undefined} */
    let failure;
    abort = () => link.post({ type: 'cancel' });
    const link = new WorkerLine(options, {
      progress: onProgress,
      trouble: onTrouble,
      completed: resolve,
      failed: (error) => {
        failure = error;
        if (link.alive) abort(); // half a file is of no use: the caller has the whole one
        else reject(error);
      },
      cancelled: () => reject(failure ?? signal?.reason),
    });
    signal?.addEventListener('abort', abort);
    // Half a file is of no use when this page goes away: the whole one is still where it was.
    link.post({ type: 'send', file, job: { broker, name, metadata, parallel, onAbandon: 'abort', contentType } });
  });
  return outcome.finally(() => signal?.removeEventListener('abort', abort)); // a signal may be shared, and live long
}
