/**
 * A picture like a shared screen: text that is typed and scrolled, and a face in a corner. Each frame follows from its number, so
 * that what was recorded can be held against what was painted.
 */

/** Runs in the page. Makes `screen.stream()`, `screen.paint(number)` and `screen.luma(number)`; `screen.painted` counts. */
export function paintScreen() {
  const [width, height, line, face] = [1280, 720, 18, { width: 320, height: 180 }];
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const words = 'the recording goes to the bucket while it is made and nobody waits for the end of it'.split(' ');
  const textOf = (row) => Array.from({ length: 14 }, (_, i) => words[(row * 7 + i * i) % words.length]).join(' ');
  const grain = new OffscreenCanvas(2 * face.width, 2 * face.height);
  const colours = grain.getContext('2d').createImageData(grain.width, grain.height);
  for (let i = 0, seed = 1; i < colours.data.length; i++) colours.data[i] = i % 4 === 3 ? 255 : 90 + ((seed = (seed * 16807) % 2147483647) % 60) + (i / 4 % grain.width) / 8;
  grain.getContext('2d').putImageData(colours, 0, 0);
  const state = globalThis.screenLike = { painted: 0 };

  state.paint = (number) => {
    const scrolled = 24 * (Math.floor(number / 90) * 15 + Math.min(number % 90, 15)); // half a second of every three
    pen.fillStyle = 'white';
    pen.fillRect(0, 0, width, height);
    pen.font = '15px monospace';
    for (let row = Math.floor(scrolled / line); row * line - scrolled < height; row++) {
      pen.fillStyle = ['#222', '#15c', '#a11'][row % 3];
      pen.fillText(row % 7 === 3 ? textOf(row).slice(0, number % 90) : textOf(row), 20, row * line - scrolled + line);
    }
    pen.drawImage(grain, (number * 3) % face.width, (number * 2) % face.height, face.width, face.height, width - face.width, height - face.height, face.width, face.height);
    for (let bit = 0; bit < 16; bit++) {
      pen.fillStyle = number & (1 << (15 - bit)) ? 'white' : 'black';
      pen.fillRect(bit * 20, 0, 20, 20);
    }
  };

  state.stream = (framesPerSecond) => {
    state.paint(++state.painted);
    setInterval(() => state.paint(++state.painted), 1000 / framesPerSecond);
    const context = new AudioContext();
    const tone = new OscillatorNode(context); // of a track that is silent Chromium records nothing, and no picture either
    const out = context.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    return new MediaStream([...canvas.captureStream(framesPerSecond).getVideoTracks(), ...out.stream.getAudioTracks()]);
  };

  /** Brightness of each pixel, as ffmpeg makes it of video, in base64. */
  state.luma = (number) => {
    state.paint(number);
    const { data } = pen.getImageData(0, 0, width, height);
    const luma = new Uint8Array(width * height);
    for (let i = 0; i < luma.length; i++) luma[i] = Math.round(0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
    let text = '';
    for (let from = 0; from < luma.length; from += 8192) text += String.fromCharCode(...luma.subarray(from, from + 8192));
    return btoa(text);
  };
}
