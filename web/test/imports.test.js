/**
 * A module that moves takes its importers along, also those outside web/, which no type check reads.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Tests write them: that of Next.js, and those of generated clients. */
const WRITTEN_LATER = /^e2e\/(apps\/next\/recording\.js$|generators\/made\/)/;

/** `import … from`, `export … from`, a bare `import`, and `import(…)`, each of a path. */
const IMPORT = /^(?:import|export)\b[^'"`;()]*? from '(\.{1,2}\/[^']+)'|^import '(\.{1,2}\/[^']+)'|\bimport\('(\.{1,2}\/[^']+)'\)/gm;

test('each module of the repository that is imported by a path is there', () => {
  const modules = execFileSync('git', ['ls-files', '*.js', '*.mjs', '*.ts'], { cwd: REPOSITORY, encoding: 'utf8' }).trim().split('\n');
  const lost = modules.flatMap((file) => [...readFileSync(path.join(REPOSITORY, file), 'utf8').matchAll(IMPORT)]
    .map(([, ...paths]) => [file, path.join(path.dirname(file), paths.find(Boolean))]))
    .filter(([, target]) => !isThere(target) && !WRITTEN_LATER.test(target))
    .map(([file, target]) => `${file} imports ${target}`);
  assert.deepEqual(lost, []);
});

/** TypeScript names a module as it is called once it is compiled. @param {string} target */
function isThere(target) {
  return [target, target.replace(/\.js$/, '.ts')].some((file) => existsSync(path.join(REPOSITORY, file)));
}
