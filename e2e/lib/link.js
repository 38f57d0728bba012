/**
 * A slow line between a browser and the servers on this machine (see bench/link).
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { OUT, REPOSITORY, temporaryFolder } from './folders.js';
import { within } from './until.js';

const START_MS = 20_000;
const END_MS = 10_000;

/** This user or this machine cannot make one. */
export class NoLine extends Error {}

export class Link {
  #process;
  #pid;
  /** Address of this machine at the other end: servers listen on it. */
  server;

  /**
   * @param {import('node:child_process').ChildProcess} process
   * @param {string} firstLine the command's pid, and LINK_SERVER
   */
  constructor(process, firstLine) {
    this.#process = process;
    [this.#pid, this.server] = firstLine.trim().split(' ');
  }

  /** @param {{up: string, rtt?: string}} how such as 20mbit and 40ms */
  static async start({ up, rtt = '40ms' }) {
    const program = path.join(OUT, 'link');
    execFileSync('go', ['build', '-o', program, './bench/link'], { cwd: REPOSITORY, stdio: 'inherit', timeout: 300_000 });
    const behind = 'echo $$ $LINK_SERVER; exec cat'; // the line is up for as long as its input
    const child = spawn(program, ['--up', up, '--rtt', rtt, '--', 'sh', '-c', behind], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8');
    const said = Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    const [line] = await within(START_MS, 'the line is up', said);
    if (typeof line !== 'string') throw new NoLine(`there is no line: it needs root and /dev/net/tun (exit code ${line})`);
    return new Link(child, line);
  }

  /**
   * @param {string} program
   * @returns {string} a program that runs it behind the line
   */
  behind(program) {
    const script = path.join(temporaryFolder(), path.basename(program));
    writeFileSync(script, `#!/bin/sh\nexec nsenter --net=/proc/${this.#pid}/ns/net -- ${program} "$@"\n`);
    chmodSync(script, 0o755);
    return script;
  }

  async close() {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await within(END_MS, 'the line ends', ended);
  }
}
