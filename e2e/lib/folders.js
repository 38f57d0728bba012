/**
 * Folders: what is kept to be looked at, and what is gone when a test file ends.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Screenshots, logs and the built broker-dev; git-ignored. */
export const OUT = path.join(REPOSITORY, 'e2e', 'out');
mkdirSync(OUT, { recursive: true });

// A signal ends a process without its exit handlers, which take folders and child processes away.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/** @type {string[]} */
const temporary = [];
process.on('exit', () => { for (const folder of temporary) rmSync(folder, { recursive: true, force: true, maxRetries: 3 }); });

/** A new folder that goes away with this process. */
export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-e2e-'));
  temporary.push(folder);
  return folder;
}
