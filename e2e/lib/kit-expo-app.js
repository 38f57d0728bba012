/**
 * An Expo app that uploads a recording with kit/expo, to be killed by a test: its state is in a file, and it writes a line for each task that it
 * gives to the system.
 *
 *   node kit-expo-app.js BROKER GRANT FILE STATE DIE
 *
 * DIE: the app ends, as if it were killed, when the system has so many tasks; `never` otherwise.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { File, system } from './expo-file-system.js';

const [broker, grant, path, stateFile, die] = process.argv.slice(2);
const MODULES = {
  'expo-file-system': new URL('expo-file-system.js', import.meta.url).href,
  'slipway-upload': new URL('../../kit/js/upload.js', import.meta.url).href,
};
register(`data:text/javascript,${encodeURIComponent(`
  const modules = ${JSON.stringify(MODULES)};
  export async function resolve(name, context, next) { return modules[name] ? { url: modules[name], shortCircuit: true } : next(name, context); }
`)}`);
const { upload } = await import('../../kit/expo/upload.js');

let tasks = 0;
system.on('task', (uri, { httpMethod, uploadType, sessionType }) => {
  console.log(`TASK ${uri.slice(uri.lastIndexOf('/') + 1)} ${httpMethod} ${uploadType} ${sessionType}`);
  if (String(++tasks) === die) process.kill(process.pid, 'SIGKILL');
});
const done = await upload({
  broker,
  grant: () => grant,
  file: new File(pathToFileURL(path).href),
  contentType: 'video/mp4',
  state: existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : null,
  save: (state) => writeFileSync(stateFile, JSON.stringify(state)),
});
console.log(`DONE ${done.id} ${done.size}`);
