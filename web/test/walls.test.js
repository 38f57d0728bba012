/**
 * The folders of web/ are rooms: code in one may import only from the rooms named here. Imports of types count for
 * nothing, as they are gone when the code runs.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const WEB = fileURLToPath(new URL('..', import.meta.url));

/** Each room, and the rooms that it may import. A new arrow is a decision: add it here, and no circle may come of it. */
const MAY_IMPORT = {
  base: [],
  container: [],
  mp4: ['container'],
  webm: ['container'],
  disk: ['base'],
  bytes: ['base', 'mp4', 'webm'],
  broker: ['base'],
  checksum: ['base'],
  s3: ['base', 'broker', 'checksum'],
  capture: ['base'],
  job: ['base', 'broker', 'bytes', 'disk', 's3'],
  recorder: ['base', 'broker', 'capture'],
  check: ['base', 'broker', 'capture', 'checksum', 'disk', 'recorder'],
  'recorder.js': ['base', 'check', 'job', 'recorder'],
  'worker.js': ['base', 'check', 'disk', 'job', 's3'],
  pages: [],
  'pages/record': ['base', 'capture', 'pages', 'recorder.js'],
  'pages/watch': ['base', 'pages'],
  'pages/ops': ['base', 'broker', 'pages'],
  'pages/check': ['base', 'mp4', 'pages', 'recorder.js', 'webm'],
};

const modules = readdirSync(WEB, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.js') && !/^(dist|node_modules|test|types)\//.test(file));

/** Each page is a room of its own. @param {string} file relative to web/ */
const roomOf = (file) => /^pages\/\w+(?=\/)/.exec(file)?.[0] ?? file.split('/')[0];

/** The rooms that a module imports when it runs, its own left out. @param {string} file */
function imports(file) {
  const code = readFileSync(path.join(WEB, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return [...code.matchAll(/(?:from |import |import\()'(\.[^']+)'/g)]
    .map(([, target]) => roomOf(path.join(path.dirname(file), target)))
    .filter((room) => room !== roomOf(file));
}

test('every folder and entry of web/ is a room with walls', () => {
  assert.deepEqual([...new Set(modules.map(roomOf))].sort(), Object.keys(MAY_IMPORT).sort());
});

for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${room} imports ${allowed.join(', ') || 'no other room'}, and all of these`, () => {
    const inRoom = modules.filter((file) => roomOf(file) === room);
    const through = inRoom.flatMap((file) => imports(file).filter((other) => !allowed.includes(other)).map((other) => `${file} imports ${other}`));
    assert.deepEqual(through, []);
    const used = new Set(inRoom.flatMap(imports));
    assert.deepEqual(allowed.filter((other) => !used.has(other)), [], 'no module needs these doors any more');
  });
}

test('the rooms form no circle', () => {
  const done = new Set();
  const visit = (room, above) => {
    assert.ok(!above.includes(room), `circle: ${[...above, room].join(' → ')}`);
    if (done.has(room)) return;
    for (const other of MAY_IMPORT[room]) visit(other, [...above, room]);
    done.add(room);
  };
  for (const room of Object.keys(MAY_IMPORT)) visit(room, []);
});
