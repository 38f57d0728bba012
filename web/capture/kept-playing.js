/**
 * Plays tracks of sound in a muted element. In Chromium the sound of a call's other end is recorded as silence until some element
 * plays it; a muted element is enough. Its picture does not need that (both seen with Chromium 156, 2026-11-29).
 */

export class KeptPlaying {
  /** @type {HTMLAudioElement[]} */
  #elements;

  /** @param {MediaStreamTrack[]} tracks */
  constructor(tracks) {
    this.#elements = tracks.map((track) => {
      const element = Object.assign(new Audio(), { muted: true, srcObject: new MediaStream([track]) });
      void element.play().catch(() => {}); // it is let go of, perhaps
      return element;
    });
  }

  close() {
    for (const element of this.#elements.splice(0)) element.srcObject = null;
  }
}
