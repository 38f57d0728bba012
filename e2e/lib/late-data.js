/**
 * Firefox may deliver its first data more than 10 s after the start. That is told, and also that it is over. No other
 * browser may be so late.
 */

import assert from 'node:assert/strict';

const LATE = 'nothing-recorded';
const CAME = `eased ${LATE}`;

/**
 * @param {{evaluate: (script: string) => Promise<any>}} page of either browser, or a frame of one
 * @param {string[]} troubles what the recorder told once data has come: codes in order, and `eased CODE` where the
 *   trouble is over
 * @returns {Promise<string[]>} all but those of late data, which are right
 */
export async function lateDataApart(page, troubles) {
  const late = troubles.filter((told) => told === LATE || told === CAME);
  const isFirefox = /Firefox/.test(await page.evaluate('navigator.userAgent'));
  if (late.length > 0 && isFirefox) assert.deepEqual(late, [LATE, CAME], 'it is told once, and then that it is over');
  else assert.deepEqual(late, [], 'the first data is not late');
  return troubles.filter((told) => !late.includes(told));
}
