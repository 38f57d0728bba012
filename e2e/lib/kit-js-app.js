/**
 * An app that uploads a file with kit/js, to be killed by a test: its state is in a file, and it writes a line for each PUT.
 *
 *   node kit-js-app.js BROKER GRANT FILE STATE DIE
 *
 * DIE: the app ends, as if it were killed, when it is about to PUT so many parts, or to `complete`; `never` otherwise.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import process from 'node:process';
import { upload } from '../../kit/js/upload.js';

const [broker, grant, path, stateFile, die] = process.argv.slice(2);
const file = await open(path);
let puts = 0;

/** fetch that tells of each PUT and dies when it is told to. */
async function fetchOrDie(url, init) {
  const isPart = init.method === 'PUT';
  if (isPart && String(++puts) === die || die === 'complete' && String(url).endsWith('/complete')) process.kill(process.pid, 'SIGKILL');
  const answer = await fetch(url, init);
  if (isPart) console.log(`PUT ${new URL(url).searchParams.get('partNumber')} ${answer.status}`);
  return answer;
}

const done = await upload({
  broker,
  grant: () => grant,
  source: {
    size: (await file.stat()).size,
    async slice(from, to) { return (await file.read(Buffer.alloc(to - from), 0, to - from, from)).buffer; },
  },
  contentType: 'video/mp4',
  parallel: 2,
  state: existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : null,
  save: (state) => writeFileSync(stateFile, JSON.stringify(state)),
  fetch: fetchOrDie,
});
console.log(`DONE ${done.id} ${done.size}`);
