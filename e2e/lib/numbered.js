/**
 * A picture whose frames are numbered, so that one can read from a recording which of them it has.
 */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './folders.js';

const run = promisify(execFile);

export const FRAMES_PER_SECOND = 25;
const BITS = 16;

/**
 * Runs in the page. Makes `numberedStream({noise, framesPerSecond})`, and counts in `framesPainted`: a number is a row of
 * black and white squares on top; the noise below it makes parts fill quickly.
 */
export function paintNumbers() {
  const [width, height, bits, side] = [320, 240, 16, 20];
  globalThis.framesPainted = 0;
  globalThis.numberedStream = ({ noise, framesPerSecond = 25 }) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const grain = new OffscreenCanvas(2 * width, 2 * height);
    const pixels = new ImageData(grain.width, grain.height);
    for (let from = 0; from < pixels.data.length; from += 65536) crypto.getRandomValues(pixels.data.subarray(from, from + 65536));
    for (let alpha = 3; alpha < pixels.data.length; alpha += 4) pixels.data[alpha] = 255;
    grain.getContext('2d').putImageData(pixels, 0, 0);
    const pen = canvas.getContext('2d');
    const paint = () => {
      const number = ++globalThis.framesPainted;
      if (noise) pen.drawImage(grain, -Math.floor(Math.random() * width), -Math.floor(Math.random() * height));
      for (let bit = 0; bit < bits; bit++) {
        pen.fillStyle = number & (1 << (bits - 1 - bit)) ? 'white' : 'black';
        pen.fillRect(bit * side, 0, side, side);
      }
    };
    paint();
    setInterval(paint, 1000 / framesPerSecond);
    const context = new AudioContext();
    const tone = new OscillatorNode(context);
    const out = context.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    return new MediaStream([...canvas.captureStream(framesPerSecond).getVideoTracks(), ...out.stream.getAudioTracks()]);
  };
}

/**
 * The numbers of a recording's frames, in order.
 *
 * @param {Uint8Array} bytes
 * @returns {Promise<number[]>}
 */
export async function frameNumbers(bytes) {
  const file = path.join(temporaryFolder(), 'numbered.webm');
  writeFileSync(file, bytes);
  const filter = `crop=${BITS * 20}:12:0:4,scale=${BITS}:1:flags=area,format=gray`;
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'], {
    encoding: 'buffer', maxBuffer: 1e8, timeout: 60_000,
  });
  const numbers = [];
  for (let at = 0; at < stdout.length; at += BITS) {
    numbers.push([...stdout.subarray(at, at + BITS)].reduce((number, grey) => number * 2 + (grey > 127 ? 1 : 0), 0));
  }
  return numbers;
}
