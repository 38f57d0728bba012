/**
 * Keeps the screen on during a recording, because a phone that locks itself ends the recording. The browser releases this lock
 * when the page is hidden, so it is requested again when the page is visible again.
 */

export class ScreenAwake {
  /** @type {WakeLockSentinel | null} */
  #lock = null;
  #wanted = false;
  #asking = false;
  #look = () => void this.#ask();

  hold() {
    if (!navigator.wakeLock) return;
    this.#wanted = true;
    document.addEventListener('visibilitychange', this.#look);
    void this.#ask();
  }

  /** May be called again. */
  release() {
    if (!this.#wanted) return;
    this.#wanted = false;
    document.removeEventListener('visibilitychange', this.#look);
    this.#letGo();
  }

  async #ask() {
    if (this.#asking || document.visibilityState !== 'visible' || this.#lock?.released === false) return;
    this.#asking = true;
    this.#lock = await navigator.wakeLock.request('screen').catch(() => null); // a low battery, or the page's policy, says no
    this.#asking = false;
    if (!this.#wanted) this.#letGo();
  }

  #letGo() {
    void this.#lock?.release().catch(() => {});
  }
}
