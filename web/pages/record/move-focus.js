import { isAsking } from './ask-first.js';
import { byId } from '../page-state.js';

/** @type {Record<string, string>} the next button, by state */
const NEXT = { idle: 'record', cancelled: 'record', counting: 'start-now', recording: 'stop', uploading: 'cancel-upload' };

/** The button that was pressed may be gone: the focus goes where the next one is. @param {string} before @param {string} state */
export function moveFocus(before, state) {
  if (before === state || isAsking()) return;
  const focused = document.activeElement;
  const kept = focused instanceof HTMLElement && focused !== document.body && focused.checkVisibility?.();
  if (kept || before === 'loading') return;
  byId(NEXT[state] ?? 'headline', HTMLElement).focus();
}
