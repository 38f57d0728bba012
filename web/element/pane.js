/**
 * A part of the recorder's view. Its fields may already use what a pane has of its view.
 */

/** @typedef {import('../pages/shadow-view.js').ShadowView} View */

export class Pane {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
  }

  get words() { return this.view.words; }

  /** @template {Element} T @param {string} id @param {new () => T} type @returns {T} */
  byId(id, type) { return this.view.byId(id, type); }
}
