/**
 * What a test of WebKitGTK starts ends with it, also where nothing can tidy up.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { until, within } from '../lib/until.js';

const OPEN_MS = 60_000;
const END_MS = 10_000;
/** Looks at a page until it is killed. */
const LOOKS = `import { launchWebKit } from './lib/webkit.js';
  const page = await (await launchWebKit()).newPage();
  await page.goto('about:blank');
  console.log('open');
  setInterval(() => {}, 1000);`;

/** @returns {{pid: number, parent: number, name: string}[]} */
function processes() {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).flatMap((entry) => {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      return state === 'Z' ? [] : [{ pid: Number(entry), parent: Number(parent), name }];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

/** @param {number} pid @param {ReturnType<typeof processes>} all @returns {ReturnType<typeof processes>} */
function startedBy(pid, all) {
  return all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...startedBy(child.pid, all)]);
}

/** @param {ReturnType<typeof processes>} started */
function left(started) {
  const all = processes();
  return started.filter(({ pid, name }) => all.some((other) => other.pid === pid && other.name === name));
}

test('a test that is killed leaves no driver, browser or screen behind', async (t) => {
  const looking = spawn(process.execPath, ['--input-type=module', '--eval', LOOKS], { cwd: path.dirname(import.meta.dirname), stdio: ['ignore', 'pipe', 'inherit'] });
  await within(OPEN_MS, 'a page is open', new Promise((resolve) => { looking.stdout.once('data', resolve); }));
  const started = startedBy(looking.pid, processes());
  const names = new Set(started.map(({ name }) => name));
  for (const name of ['WebKitWebDriver', 'browser.py', 'WebKitWebProces', 'Xvfb']) assert.ok(names.has(name), `${name} among ${[...names]}`);
  t.after(() => { for (const { pid } of left(started)) process.kill(pid, 'SIGKILL'); });
  looking.kill('SIGKILL');
  await until(`they are gone: ${[...names].join(', ')}`, () => left(started).length === 0, { withinMs: END_MS });
});
