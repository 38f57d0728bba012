/**
 * Space on the disk that is taken at the beginning and released when the disk is full, so that the end of the recording and its
 * manifest still fit. An estimate does not help: Chromium says that 10 GiB are free, whatever is free (seen with 156).
 */

export const RESERVE_NAME = 'reserve';
const MIB = 1024 * 1024;
/** What MediaRecorder and the transform still hold, written twice, at 30 Mbit/s and more. */
const END_BYTES = 32 * MIB;

export class Reserve {
  #folder;
  #wanted = true;
  /** @type {Promise<void>} */
  #filling = Promise.resolve();
  #bytes = 0;

  /** @param {import('./folder.js').Folder} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /** Nothing of it is missing: a disk that is full now was not so at the beginning. */
  get whole() { return this.#bytes >= END_BYTES; }

  /** Takes it, a piece at a time, so that what is recorded meanwhile need not wait. All of it, or nothing: a small disk is for the recording. */
  async fill() {
    this.#filling = this.#fill();
    await this.#filling.catch(() => this.drop()).catch(() => {});
  }

  async #fill() {
    const zeros = new Uint8Array(MIB);
    while (this.#wanted && this.#bytes < END_BYTES) {
      await this.#folder.append(RESERVE_NAME, zeros);
      this.#bytes += zeros.length;
    }
    await this.#folder.seal(RESERVE_NAME);
  }

  /** A reserve from before a crash. @param {{name: string, size: number}[]} files */
  found(files) {
    this.#bytes = files.find(({ name }) => name === RESERVE_NAME)?.size ?? this.#bytes;
  }

  /** Gives it back. @returns {Promise<boolean>} whether there was any */
  async drop() {
    await this.end();
    if (this.#bytes === 0) return false;
    this.#bytes = 0;
    await this.#folder.remove(RESERVE_NAME);
    return true;
  }

  /** No more of it is taken. */
  async end() {
    this.#wanted = false;
    await this.#filling.catch(() => {});
  }
}
