/**
 * An Expo app that uploads a recording with kit/expo, to be killed by a test: its state is in a file. It writes a line for each task that it gives
 * to the system, with the life of its URL in seconds, a line with the files of parts that are left when all bytes are in S3, and one
 * with the number of calls that signed parts.
 *
 *   node kit-expo-app.js BROKER GRANT FILE STATE END
 *
 * END: `5`: the app ends, as if it were killed, when the system has 5 tasks. `copying`: it ends so in the midst of copying its second part.
 * `cancel`: a person cancels while the system holds 2 tasks back. `last`: the system starts no task before it has all 6. `never`.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { File, system } from './expo-file-system.js';

const [broker, grant, path, stateFile, end] = process.argv.slice(2);
const MODULES = {
  'expo-file-system': new URL('expo-file-system.js', import.meta.url).href,
  'slipway-upload': new URL('../../kit/js/upload.js', import.meta.url).href,
};
register(`data:text/javascript,${encodeURIComponent(`
  const modules = ${JSON.stringify(MODULES)};
  export async function resolve(name, context, next) { return modules[name] ? { url: modules[name], shortCircuit: true } : next(name, context); }
`)}`);
const { upload } = await import('../../kit/expo/upload.js');

const PIECES_OF_A_PART = 5;
const killed = () => process.kill(process.pid, 'SIGKILL');
const cancel = new AbortController();
if (end === 'last') system.startsAt = 6;
if (end === 'cancel') system.startsAt = 3;
system.on('asked', (asked) => { if (end === 'cancel' && asked === 2) cancel.abort(); });
let tasks = 0, pieces = 0;
system.on('task', (uri, { httpMethod, uploadType, sessionType }, url) => {
  const life = new URL(url).searchParams.get('X-Amz-Expires');
  console.log(`TASK ${uri.slice(uri.lastIndexOf('/') + 1)} ${httpMethod} ${uploadType} ${sessionType} ${life}`);
  tasks++;
  if (String(tasks) === end) killed();
});
system.on('copied', () => { if (end === 'copying' && ++pieces === PIECES_OF_A_PART + 2) killed(); });
const ask = globalThis.fetch;
let calls = 0;
globalThis.fetch = (url, init) => {
  if (String(url).endsWith('/parts')) calls++;
  return ask(url, init);
};
const file = new File(pathToFileURL(path).href);
const done = await upload({
  broker,
  grant: () => grant,
  file,
  contentType: 'video/mp4',
  state: existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : null,
  save: (state) => writeFileSync(stateFile, JSON.stringify(state)),
  onProgress: (bytes) => { if (bytes === file.size && existsSync(`${path}.parts`)) console.log(`LEFT ${readdirSync(`${path}.parts`)}`); },
  signal: cancel.signal,
});
console.log(`SIGNED IN ${calls}`);
console.log(`DONE ${done.id} ${done.size}`);
