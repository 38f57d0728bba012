/**
 * Where one is in a listing whose pages each name the next one by a cursor. The way back is remembered.
 */
export class Pages {
  /** Of this page and those before it; the first has none. */
  #cursors = [''];
  #next = '';

  get cursor() { return this.#cursors[this.#cursors.length - 1]; }
  get number() { return this.#cursors.length; }
  get hasNext() { return this.#next !== ''; }
  get hasPrevious() { return this.#cursors.length > 1; }

  /** This page came, and says where the next one is. @param {string | undefined} nextCursor none on the last page */
  arrived(nextCursor = '') {
    this.#next = nextCursor;
  }

  forward() {
    if (!this.hasNext) return;
    this.#cursors.push(this.#next);
    this.#next = '';
  }

  back() {
    if (!this.hasPrevious) return;
    this.#cursors.pop();
    this.#next = '';
  }

  first() {
    this.#cursors = [''];
    this.#next = '';
  }
}
