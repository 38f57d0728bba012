import { RecorderError } from '../base/errors.js';

/**
 * Leaves out of a job what the broker refuses and a recording does not need: its name, or its metadata. The page checks both
 * before it records. But only the broker knows the owner, which takes space in the metadata too, and an older recorder checked
 * nothing.
 *
 * @param {import('../base/messages.js').JobOrder} job is changed
 * @param {unknown} refusal
 * @returns {boolean} whether there was anything to leave out
 */
export function leaveOut(job, refusal) {
  if (!(refusal instanceof RecorderError) || refusal.code !== 'invalid') return false;
  const field = /^(name|metadata)\b/.exec(refusal.field ?? '')?.[1];
  if ((field !== 'name' && field !== 'metadata') || job[field] === undefined) return false;
  job[field] = undefined;
  return true;
}
