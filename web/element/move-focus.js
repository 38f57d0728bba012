import { isAsking } from './ask-first.js';

/** @type {Record<string, string>} the next button, by state */
const NEXT = { idle: 'record', cancelled: 'record', counting: 'start-now', recording: 'stop', uploading: 'cancel-upload' };

/**
 * The button that was pressed may be gone: the focus goes where the next one is. It is never taken from the rest of the
 * document.
 *
 * @param {import('../pages/shadow-view.js').ShadowView} view
 * @param {string} state
 * @param {boolean} hadFocus before the state changed
 */
export function moveFocus(view, state, hadFocus) {
  if (!hadFocus || isAsking(view)) return;
  if (view.root.activeElement?.checkVisibility?.()) return;
  view.byId(NEXT[state] ?? 'headline', HTMLElement).focus();
}
