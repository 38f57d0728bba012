import { RecorderError } from '../base/errors.js';
import { REASON } from './reasons.js';

const MORE_IN_S3 = 'more-in-s3';

/**
 * The broker's reasons after which a session takes no more. `completed` and `salvaged`: by somebody else, with what had
 * arrived. `more-in-s3` is ours. Not `deleted`: what somebody deleted on purpose does not come back by itself.
 */
const OVER = /** @type {string[]} */ ([
  REASON.lost, REASON.aborted, REASON.unknownSession, REASON.superseded, REASON.salvaged, REASON.completed, REASON.completedOtherwise, MORE_IN_S3,
]);

/**
 * Whether a recording can only be saved by another session.
 *
 * @param {unknown} error
 */
export function isSessionGone(error) {
  if (!(error instanceof RecorderError)) return false;
  const { code, reason = '', field } = error;
  if (code === 's3') return reason === 'NoSuchUpload';
  if (reason === REASON.badToken) return field === 'token'; // a bad grant says nothing about the session
  return ['not-found', 'conflict'].includes(code) && OVER.includes(reason);
}

/**
 * S3 has more of a recording than this device, as after a disk that failed and a crash: nothing may be written over that.
 * The session is left to the broker, which makes a recording of it in the end.
 */
export function moreInS3() {
  return new RecorderError('conflict', 'S3 has more of this recording than this device', { reason: MORE_IN_S3 });
}
