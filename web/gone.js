import { RecorderError } from './errors.js';

/**
 * The broker's reasons after which a session takes no more. `completed` and `salvaged`: by somebody else, with what had
 * arrived. Not `deleted`: what somebody deleted on purpose does not come back by itself.
 */
const REASONS = ['lost', 'aborted', 'unknown-session', 'superseded', 'salvaged', 'completed', 'completed-otherwise'];

/**
 * Whether a recording can only be saved by another session.
 *
 * @param {unknown} error
 */
export function isSessionGone(error) {
  if (!(error instanceof RecorderError)) return false;
  const { code, reason = '', field } = error;
  if (code === 's3') return reason === 'NoSuchUpload';
  if (reason === 'bad-token') return field === 'token'; // a bad grant says nothing about the session
  return ['not-found', 'conflict'].includes(code) && REASONS.includes(reason);
}
