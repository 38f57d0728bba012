/**
 * The script of a page that has Slipway's recorder in it. It records a picture of its own making, which is noise, and
 * a tone; the broker's address is put in when it is served.
 */

import { Recorder } from 'https://broker.example/web/recorder.js';

const recorder = new Recorder({
  broker: 'https://broker.example',
  grant: async () => (await fetch('/grant', { method: 'POST' })).text(),
  name: 'From another origin',
  videoBitsPerSecond: 60e6,
});

const told = { states: [], troubles: [], progress: null, result: null, error: null };
globalThis.told = told;
recorder.addEventListener('state', ({ detail }) => told.states.push(detail.state));
recorder.addEventListener('progress', ({ detail }) => { told.progress = detail; });
const failed = (error) => { told.error = `${error.code}: ${error.message}`; };
recorder.addEventListener('error', ({ detail: { error } }) => {
  told.troubles.push(error.code);
  if (error.code !== 'nothing-recorded') failed(error); // Firefox may be late: see late-data.js
});
recorder.addEventListener('eased', ({ detail }) => told.troubles.push(`eased ${detail.code}`));

document.querySelector('#record').addEventListener('click', () => recorder.start(noise()).catch(failed));
document.querySelector('#stop').addEventListener('click', async () => {
  told.result = await recorder.stop().catch(failed);
});

function noise() {
  const [width, height] = [320, 240];
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const grain = new OffscreenCanvas(2 * width, 2 * height);
  const pixels = new ImageData(grain.width, grain.height);
  for (let from = 0; from < pixels.data.length; from += 65536) crypto.getRandomValues(pixels.data.subarray(from, from + 65536));
  for (let alpha = 3; alpha < pixels.data.length; alpha += 4) pixels.data[alpha] = 255;
  grain.getContext('2d').putImageData(pixels, 0, 0);
  const pen = canvas.getContext('2d');
  setInterval(() => pen.drawImage(grain, -Math.floor(Math.random() * width), -Math.floor(Math.random() * height)), 33);

  const audio = new AudioContext();
  const tone = new OscillatorNode(audio);
  const out = audio.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  return new MediaStream([...canvas.captureStream(30).getVideoTracks(), ...out.stream.getAudioTracks()]);
}
