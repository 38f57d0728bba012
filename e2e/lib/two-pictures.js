/**
 * A screen and a camera whose frames are numbered, so that one can read from a recording which of each it shows. A number
 * is a row of black and white squares.
 */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { openTab } from './open-tab.js';

const run = promisify(execFile);

/** The screen: a page as large as the window, with its number on top. */
const SCREEN = { bits: 16, side: 40 };
/** The camera: its number in the middle, where a round bubble shows it too. */
const CAMERA = { width: 320, height: 240, bits: 8, side: 16, frames: 240 };

export const SCREEN_TITLE = 'A numbered screen';

const SCREEN_PAGE = `<!doctype html><title>${SCREEN_TITLE}</title><style>body{margin:0;background:#405060}canvas{display:block}</style>
<canvas width="${SCREEN.bits * SCREEN.side}" height="${SCREEN.side}"></canvas><script>
  const pen = document.querySelector('canvas').getContext('2d');
  let number = 0;
  const paint = () => {
    number++;
    for (let bit = 0; bit < ${SCREEN.bits}; bit++) {
      pen.fillStyle = number & (1 << (${SCREEN.bits - 1} - bit)) ? 'white' : 'black';
      pen.fillRect(bit * ${SCREEN.side}, 0, ${SCREEN.side}, ${SCREEN.side});
    }
  };
  paint();
  setInterval(paint, 1000 / 30);
</script>`;

/** @param {any} context of Chromium's @returns {Promise<any>} the tab that is to be shared */
export const openNumberedScreen = (context) => openTab(context, SCREEN_PAGE);

/** Writes what Chromium takes for a camera. @param {string} file */
export function writeNumberedCamera(file) {
  const { width, height, bits, side, frames } = CAMERA;
  const pieces = [Buffer.from(`YUV4MPEG2 W${width} H${height} F30:1 Ip A1:1 C420jpeg\n`)];
  for (let number = 0; number < frames; number++) {
    const frame = Buffer.alloc(width * height * 1.5, 128);
    const [left, top] = [(width - bits * side) / 2, (height - side) / 2];
    for (let y = top; y < top + side; y++) {
      for (let bit = 0; bit < bits; bit++) frame.fill(number & (1 << (bits - 1 - bit)) ? 235 : 16, y * width + left + bit * side, y * width + left + (bit + 1) * side);
    }
    pieces.push(Buffer.from('FRAME\n'), frame);
  }
  writeFileSync(file, Buffer.concat(pieces));
}

/** The screen's number of each frame of a recording. @param {string} file */
export async function screenNumbers(file) {
  const { bits, side } = SCREEN;
  return numbersIn(file, bits, { x: 0, y: side * 0.3, width: bits * side, height: side * 0.4 });
}

/**
 * The camera's number of each frame of a recording, in which the bubble is there.
 *
 * @param {string} file
 * @param {{x: number, y: number, width: number, height: number}} there
 */
export async function cameraNumbers(file, there) {
  const { height, bits, side } = CAMERA;
  const scale = there.height / height; // the bubble shows the camera's middle, as high as all of it
  const [width, high] = [bits * side * scale, 0.4 * side * scale];
  return numbersIn(file, bits, { x: there.x + (there.width - width) / 2, y: there.y + (there.height - high) / 2, width, height: high });
}

/** @param {string} file @param {number} bits @param {{x: number, y: number, width: number, height: number}} row */
async function numbersIn(file, bits, { x, y, width, height }) {
  const filter = `crop=${Math.round(width)}:${Math.round(height)}:${Math.round(x)}:${Math.round(y)},scale=${bits}:1:flags=area,format=gray`;
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'], {
    encoding: 'buffer', maxBuffer: 1e8, timeout: 60_000,
  });
  const numbers = [];
  for (let at = 0; at < stdout.length; at += bits) {
    numbers.push([...stdout.subarray(at, at + bits)].reduce((number, grey) => number * 2 + (grey > 127 ? 1 : 0), 0));
  }
  return numbers;
}
