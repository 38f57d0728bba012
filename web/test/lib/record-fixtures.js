/**
 * Records fixtures with this machine's browsers, byte for byte as MediaRecorder delivers them. Needs `npm ci` in e2e/.
 *
 * @typedef {object} How
 * @property {string} mimeType
 * @property {number} ms how long it is recorded
 * @property {boolean} [picture] a test picture, or Firefox's fake camera
 * @property {boolean} [sound] beeps
 * @property {number} [slice] MediaRecorder's timeslice, in ms; 0 for a single slice at the end
 * @property {number} [pause] for how long, halfway, in ms
 * @property {boolean} [hide] another tab is in front for the middle third
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { launchChromium, launchFirefox } from '../../../e2e/lib/browsers.js';

/**
 * @param {string} folder
 * @param {Record<string, How>} recordings by name
 * @returns {Promise<object>} what is true of each file
 */
export async function recordInChromium(folder, recordings) {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'record-'));
  const picture = path.join(scratch, 'picture.y4m');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=10', '-t', '10', '-pix_fmt', 'yuv420p', picture]);
  const chromium = await launchChromium({ args: [`--use-file-for-fake-video-capture=${picture}`] });
  const context = await chromium.newContext({ permissions: ['camera', 'microphone'] });
  const facts = await recordIn(await context.newPage(), folder, recordings);
  await chromium.close();
  rmSync(scratch, { recursive: true });
  return facts;
}

/** @param {string} folder @param {Record<string, How>} recordings by name */
export async function recordInFirefox(folder, recordings) {
  const firefox = await launchFirefox();
  const facts = await recordIn(await firefox.newPage(), folder, recordings);
  await firefox.close();
  return facts;
}

/** @param {string} folder @param {object} facts of each file */
export function writeFacts(folder, facts) {
  writeFileSync(path.join(folder, 'recordings.json'), `${JSON.stringify(facts, null, 1)}\n`);
}

async function recordIn(page, folder, recordings) {
  const server = http.createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>record</title>'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const facts = {};
  for (const [name, how] of Object.entries(recordings)) {
    const { base64, slices, recordedMs } = await page.evaluate(record, how);
    const file = `${name}.${how.mimeType.match(/\/(\w+)/)[1]}`;
    writeFileSync(path.join(folder, file), Buffer.from(base64, 'base64'));
    facts[file] = { recordedMs, slices };
    console.log(file, JSON.stringify(facts[file]));
  }
  server.close();
  return facts;
}

/** Runs in the page. @returns the recording as base64, its slices' sizes, and how long it recorded without the pause. */
async function record({ mimeType, picture = true, sound = true, ms, slice = 500, pause = 0, hide = false }) {
  const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
  const video = picture && { width: 160, height: 120, frameRate: 10 };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: sound, video });
  const recorder = new MediaRecorder(stream, {
    mimeType, videoBitsPerSecond: 40_000, audioBitsPerSecond: 12_000, videoKeyFrameIntervalDuration: 1000,
  });
  const slices = [];
  recorder.ondataavailable = ({ data }) => slices.push(data);
  const started = new Promise((resolve) => { recorder.onstart = resolve; });
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  const startedAt = performance.now(); // what is recorded before the start event counts
  recorder.start(...(slice ? [slice] : []));
  await started;
  let paused = 0;
  if (pause) {
    await wait(ms / 2);
    const pausedAt = performance.now();
    recorder.pause();
    await wait(pause);
    recorder.resume();
    paused = performance.now() - pausedAt;
    await wait(ms / 2);
  } else if (hide) {
    await wait(ms / 3);
    const other = window.open('about:blank');
    await wait(ms / 3);
    const hidden = document.hidden;
    other.close();
    await wait(ms / 3);
    if (!hidden) throw new Error('the page was not hidden');
  } else await wait(ms);
  const recordedMs = Math.round(performance.now() - startedAt - paused);
  recorder.stop();
  await stopped;
  for (const track of stream.getTracks()) track.stop();
  const bytes = new Uint8Array(await new Blob(slices).arrayBuffer());
  return { base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')), slices: slices.map(({ size }) => size), recordedMs };
}
