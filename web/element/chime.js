const NOTES_HZ = [660, 880];
const NOTE_S = 0.18;
const LOUDNESS = 0.08;

/** Two soft notes, for people who look elsewhere. Nothing is heard where the browser lets nothing sound. */
export function chime() {
  if (!('AudioContext' in globalThis)) return;
  const audio = new AudioContext();
  const volume = new GainNode(audio, { gain: LOUDNESS });
  volume.connect(audio.destination);
  NOTES_HZ.forEach((frequency, i) => {
    const note = new OscillatorNode(audio, { frequency });
    note.connect(volume);
    note.start(audio.currentTime + i * NOTE_S);
    note.stop(audio.currentTime + (i + 1) * NOTE_S);
    if (i === NOTES_HZ.length - 1) note.addEventListener('ended', () => void audio.close());
  });
}
