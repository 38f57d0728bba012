/**
 * One sound out of several. Chromium's MediaRecorder records the first audio track, silently drops a second, and fails
 * when a track is exchanged (measured, 2026-11-22): so it gets one track that stays, and what is heard on it changes in
 * here.
 *
 *   a shared tab's sound ─────────────────────┐
 *   microphone ──► voice (mute) ──────────────┴─► the track that is recorded
 *                        └─► meter
 */

/** How long an AudioContext may take to start before it counts as blocked. */
const START_MS = 1000;
/** A gain that jumps clicks; over this time constant it does not, and is down by 60 dB in 70 ms. */
const MUTE_S = 0.01;
/**
 * 120 dB below full scale, less than a 16-bit sample can hold. Firefox's MediaRecorder takes a track on which nothing at all
 * is heard for one that has not begun: it delivers nothing for 10 s, and a recording that is stopped before that can come
 * out empty (ESR 153, 2026-11-22).
 */
const INAUDIBLE = 1e-6;
/** What the meter calls silence, in dB below full scale. */
const QUIETEST_DB = -60;

export class Mixer {
  #context = new AudioContext();
  #out = this.#context.createMediaStreamDestination();
  #voice = this.#context.createGain();
  /** @type {MediaStreamAudioSourceNode[]} */
  #microphone = [];
  /** @type {AudioNode[]} held, or they would be collected as garbage and fall silent */
  #others = [];
  /** @type {AnalyserNode | null} */
  #meter = null;
  /** @type {Float32Array<ArrayBuffer>} */
  #samples = new Float32Array(0);
  #closed = false;
  /** @type {AbortController | null} of what wakes it, while it is silenced */
  #waking = null;
  /** Set by who listens: what {@link silenced} says has changed. */
  onSilenced = () => {};

  constructor() {
    this.#context.addEventListener('statechange', () => this.#stateChanged());
    this.#voice.connect(this.#out);
    const floor = this.#context.createConstantSource();
    floor.offset.value = INAUDIBLE;
    floor.connect(this.#out);
    floor.start();
    this.#others.push(floor);
  }

  /**
   * A mixer that runs; or that stays silent until the page is clicked, where the browser wants that: see
   * {@link silenced}.
   */
  static async start() {
    const mixer = new Mixer();
    const running = mixer.#context.resume().catch(() => {}); // refused while something else has the sound: it stays silenced
    await Promise.race([running, new Promise((resolve) => setTimeout(resolve, START_MS))]);
    mixer.#stateChanged();
    return mixer;
  }

  /** What to record: one audio track, silence where nothing is heard. */
  get track() { return this.#out.stream.getAudioTracks()[0]; }

  /**
   * Whether the browser keeps it silent: nobody has clicked anything yet, or something else has the sound, such as a call
   * on a phone (Safari's `interrupted`).
   */
  get silenced() { return !this.#closed && this.#context.state !== 'running'; }

  /** @param {MediaStreamTrack} track is mixed in as it is */
  add(track) {
    const source = this.#source(track);
    source.connect(this.#out);
    this.#others.push(source);
  }

  /** @param {MediaStreamTrack[]} tracks are the microphone from now on; none: silence */
  setMicrophone(tracks) {
    for (const source of this.#microphone) source.disconnect();
    this.#microphone = tracks.map((track) => this.#source(track));
    for (const source of this.#microphone) source.connect(this.#voice);
  }

  /** @param {boolean} muted the microphone, and nothing else */
  mute(muted) {
    this.#voice.gain.setTargetAtTime(muted ? 0 : 1, this.#context.currentTime, MUTE_S);
  }

  /**
   * How loud the microphone is now, as it is recorded: 0 (-60 dB and below, or muted) to 1 (full scale), in between
   * linear in dB, which is how loudness is heard. Reading it is what costs: the meter is made at the first time.
   */
  get level() {
    this.#meter ??= this.#createMeter();
    this.#meter.getFloatTimeDomainData(this.#samples);
    const peak = this.#samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const db = 20 * Math.log10(peak);
    return Math.min(1, Math.max(0, 1 - db / QUIETEST_DB));
  }

  close() {
    this.#closed = true;
    this.#waking?.abort();
    if (this.#context.state !== 'closed') void this.#context.close();
  }

  #stateChanged() {
    const was = this.#waking !== null;
    if (!this.silenced) {
      this.#waking?.abort();
      this.#waking = null;
    } else {
      this.#waking ??= this.#wakeLater();
      this.#wake(); // at each change: what interrupts it leaves it suspended when it has ended
    }
    if (was !== this.silenced) this.onSilenced();
  }

  /** Whatever may make the browser think again. */
  #wakeLater() {
    const waking = new AbortController();
    for (const sign of ['visibilitychange', 'click']) document.addEventListener(sign, () => this.#wake(), { signal: waking.signal });
    return waking;
  }

  #wake() {
    void this.#context.resume().catch(() => {}); // it stays silenced, then
  }

  #createMeter() {
    const meter = this.#context.createAnalyser();
    this.#samples = new Float32Array(meter.fftSize); // 2048: 43 ms at 48 kHz
    this.#voice.connect(meter);
    return meter;
  }

  /** @param {MediaStreamTrack} track */
  #source(track) {
    return this.#context.createMediaStreamSource(new MediaStream([track]));
  }
}
