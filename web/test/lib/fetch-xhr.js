/**
 * As much of XMLHttpRequest as put.js uses, over node's fetch. That tells no progress, so all of it is told at once.
 */
export class FetchXhr {
  upload = /** @type {{onprogress: ((event: {loaded: number}) => void) | null}} */ ({ onprogress: null });
  /** @type {(() => void) | null} */
  onload = null;
  /** @type {(() => void) | null} */
  onerror = null;
  status = 0;
  responseText = '';
  #headers = new Headers();
  #answered = new Headers();
  #cut = new AbortController();
  #method = '';
  #url = '';

  open(/** @type {string} */ method, /** @type {string} */ url) { [this.#method, this.#url] = [method, url]; }
  setRequestHeader(/** @type {string} */ name, /** @type {string} */ value) { this.#headers.set(name, value); }
  getResponseHeader(/** @type {string} */ name) { return this.#answered.get(name); }
  abort() { this.#cut.abort(); }

  async send(/** @type {Blob} */ body) {
    try {
      const response = await fetch(this.#url, { method: this.#method, headers: this.#headers, body, signal: this.#cut.signal });
      this.responseText = await response.text();
      [this.status, this.#answered] = [response.status, response.headers];
    } catch {
      return this.onerror?.();
    }
    this.upload.onprogress?.({ loaded: body.size });
    this.onload?.();
  }
}
