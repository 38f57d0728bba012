/**
 * A setup that can never work looks like a train in a tunnel: there is no answer. So the recorder goes on trying. If nothing of
 * this recording or file has arrived yet, it says once in the console how to find the cause.
 */

/** A broker that is asked and says nothing for so long is worth a word. */
const SILENCE_MS = 5000;

export class FirstContact {
  #done = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** Something was handed over, to be sent. */
  expect() {
    if (!this.#done) this.#timer ??= setTimeout(() => this.#warn('the broker has not answered'), SILENCE_MS);
  }

  /** @param {import('../base/messages.js').FromWorker} message */
  heard(message) {
    if (message.type === 'opened') clearTimeout(this.#timer);
    if (message.type === 'part' || (message.type === 'progress' && message.progress.uploadedBytes > 0)) this.end();
    if (message.type === 'trouble' && message.error.code === 'offline') this.#warn(message.error.message);
  }

  end() {
    this.#done = true;
    clearTimeout(this.#timer);
  }

  /** @param {string} why */
  #warn(why) {
    if (this.#done || navigator.onLine === false) return;
    this.end();
    console.warn(`Slipway: nothing of this has reached S3 yet: ${why}. If that lasts, await Recorder.check({ broker, grant }) in this page says what to mend.`);
  }
}
