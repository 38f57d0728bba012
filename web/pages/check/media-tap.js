/**
 * Listens to the MediaRecorder that a Recorder makes: what it hands over, and when.
 *
 * @typedef {object} Tapped
 * @property {string} mimeType
 * @property {number | undefined} timesliceMs that was asked for
 * @property {{atMs: number, bytes: number}[]} slices since start() was called
 * @property {{name: string, atMs: number, why?: string}[]} events
 */

export class MediaTap {
  /** @type {Blob[]} */
  #blobs = [];
  #start = MediaRecorder.prototype.start;
  /** @type {Tapped} */
  said = { mimeType: '', timesliceMs: undefined, slices: [], events: [] };

  /** Hears the next one that starts. */
  constructor() {
    const tap = this;
    /** @this {MediaRecorder} @param {number} [timesliceMs] */
    MediaRecorder.prototype.start = function start(timesliceMs) {
      tap.#listen(this, timesliceMs);
      return tap.#start.call(this, timesliceMs);
    };
  }

  /** All that was handed over. @returns {Promise<Uint8Array>} */
  async bytes() {
    return new Uint8Array(await new Blob(this.#blobs).arrayBuffer());
  }

  close() { MediaRecorder.prototype.start = this.#start; }

  /** @param {MediaRecorder} recorder @param {number} [timesliceMs] */
  #listen(recorder, timesliceMs) {
    this.close();
    const began = performance.now();
    const atMs = () => Math.round(performance.now() - began);
    this.said.timesliceMs = timesliceMs;
    recorder.addEventListener('dataavailable', ({ data }) => {
      this.said.slices.push({ atMs: atMs(), bytes: data.size });
      this.#blobs.push(data);
    });
    for (const name of ['start', 'pause', 'resume', 'stop', 'error']) {
      recorder.addEventListener(name, (event) => {
        this.said.mimeType = recorder.mimeType;
        const { error } = /** @type {Event & {error?: Error}} */ (event);
        this.said.events.push({ name, atMs: atMs(), ...(error && { why: `${error.name}: ${error.message}` }) });
      });
    }
  }
}
