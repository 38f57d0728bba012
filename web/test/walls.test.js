/**
 * There are walls between the folders of web/: code in a folder may import only from the folders named here. Imports of
 * types do not count, because they are gone when the code runs. An entry of web/ and each page count as a folder.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const WEB = fileURLToPath(new URL('..', import.meta.url));

/** Each folder, and the folders that it may import. A new arrow is a decision: add it here. Arrows must form no circle. */
const MAY_IMPORT = {
  base: [],
  container: [],
  mp4: ['container'],
  webm: ['container'],
  disk: ['base'],
  composite: [],
  bytes: ['base', 'mp4', 'webm'],
  broker: ['base'],
  checksum: ['base'],
  s3: ['base', 'broker', 'checksum'],
  capture: ['base', 'composite'],
  job: ['base', 'broker', 'bytes', 'disk', 's3'],
  recorder: ['base', 'broker', 'capture', 'composite'],
  check: ['base', 'broker', 'capture', 'checksum', 'disk', 'recorder'],
  'recorder.js': ['base', 'capture', 'check', 'job', 'recorder'],
  messages: ['pages'],
  element: ['base', 'broker', 'capture', 'messages', 'pages', 'player', 'recorder.js'],
  player: ['base', 'messages', 'pages'],
  'player.js': ['player'],
  'element.js': ['element', 'recorder.js'],
  'react.js': ['element.js', 'recorder.js'],
  'worker.js': ['base', 'check', 'composite', 'disk', 'job', 's3'],
  pages: [],
  'pages/record': ['element.js', 'pages'],
  'pages/watch': ['base', 'messages', 'pages', 'player'],
  'pages/ops': ['base', 'broker', 'pages'],
  'pages/check': ['base', 'mp4', 'pages', 'recorder.js', 'webm'],
};

const modules = readdirSync(WEB, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.js') && !/^(dist|node_modules|test|types)\//.test(file));

/** Each page is a folder of its own. @param {string} file relative to web/ */
const folderOf = (file) => /^pages\/\w+(?=\/)/.exec(file)?.[0] ?? file.split('/')[0];

/** The folders that a module imports when it runs, without its own. @param {string} file */
function imports(file) {
  const code = readFileSync(path.join(WEB, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return [...code.matchAll(/(?:from |import |import\()'(\.[^']+)'/g)]
    .map(([, target]) => folderOf(path.join(path.dirname(file), target)))
    .filter((folder) => folder !== folderOf(file));
}

test('every folder and entry of web/ is named here', () => {
  assert.deepEqual([...new Set(modules.map(folderOf))].sort(), Object.keys(MAY_IMPORT).sort());
});

for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${folder} imports ${allowed.join(', ') || 'no other folder'}, and uses all of them`, () => {
    const inFolder = modules.filter((file) => folderOf(file) === folder);
    const through = inFolder.flatMap((file) => imports(file).filter((other) => !allowed.includes(other)).map((other) => `${file} imports ${other}`));
    assert.deepEqual(through, []);
    const used = new Set(inFolder.flatMap(imports));
    assert.deepEqual(allowed.filter((other) => !used.has(other)), [], 'no module imports from these any more');
  });
}

test('the folders form no circle', () => {
  const done = new Set();
  const visit = (folder, above) => {
    assert.ok(!above.includes(folder), `circle: ${[...above, folder].join(' → ')}`);
    if (done.has(folder)) return;
    for (const other of MAY_IMPORT[folder]) visit(other, [...above, folder]);
    done.add(folder);
  };
  for (const folder of Object.keys(MAY_IMPORT)) visit(folder, []);
});
