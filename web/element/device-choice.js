/**
 * A choice among the devices of one kind. Browsers name them only once one was allowed.
 */

export class DeviceChoice {
  #select;
  #kind;
  #first;
  /** @type {string[]} */
  #known = [];

  /**
   * @param {HTMLSelectElement} select
   * @param {'audioinput' | 'videoinput'} kind
   * @param {{value: string, label: string}} first the choice that is always there; value '' is the browser's own
   */
  constructor(select, kind, first) {
    this.#select = select;
    this.#kind = kind;
    this.#first = first;
  }

  /** Follows what is plugged in and out. @param {AbortSignal} signal until then */
  follow(signal) {
    navigator.mediaDevices?.addEventListener?.('devicechange', () => void this.refresh(), { signal });
  }

  /** Lists what is plugged in now. What was chosen stays chosen while it is there. */
  async refresh() {
    const devices = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []) ?? [];
    const named = devices.filter(({ kind, label }) => kind === this.#kind && label);
    const choices = [this.#first, ...named.map(({ deviceId, label }) => ({ value: deviceId, label }))];
    const before = this.#select.value;
    this.#select.replaceChildren(...choices.map(({ value, label }) => new Option(label, value)));
    this.choose(before);
    this.#known = named.map(({ deviceId }) => deviceId);
  }

  /** How many devices there are to choose from; 0 before one was allowed. */
  get known() { return this.#known.length; }

  /** The one that browsers take where none is asked for; '' before one was allowed. */
  get firstDevice() { return this.#known[0] ?? ''; }

  get value() { return this.#select.value; }

  /** @param {string} deviceId the first choice where it is not there */
  choose(deviceId) {
    this.#select.value = deviceId;
    if (this.#select.selectedIndex < 0) this.#select.value = this.#first.value;
  }

  /** @returns {MediaTrackConstraints} */
  get constraints() {
    return this.value ? { deviceId: { exact: this.value } } : {};
  }
}
