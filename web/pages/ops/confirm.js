/**
 * Second thoughts before something is ended: what will happen, to which recording. Where it cannot be undone, the yes
 * wants the first characters of what is destroyed to be typed.
 */

import { showFacts } from './dom.js';
import { strings } from './strings.js';
import { byId } from '../page-state.js';

const PROOF_LENGTH = 6;

const $ = {
  dialog: byId('confirm', HTMLDialogElement),
  title: byId('confirm-title', HTMLElement),
  text: byId('confirm-text', HTMLElement),
  facts: byId('confirm-facts', HTMLElement),
  warning: byId('confirm-warning', HTMLElement),
  proof: byId('confirm-proof', HTMLElement),
  label: byId('confirm-label', HTMLElement),
  typed: byId('confirm-typed', HTMLInputElement),
  no: byId('confirm-no', HTMLButtonElement),
  yes: byId('confirm-yes', HTMLButtonElement),
};

/** What is to be typed. '' where nothing is. */
let wanted = '';

$.no.textContent = strings.cancel;
$.no.addEventListener('click', () => $.dialog.close());
$.typed.addEventListener('input', () => { $.yes.disabled = $.typed.value.trim() !== wanted; });

/**
 * @typedef {object} Question
 * @property {{title: string, text: string, yes: string}} words
 * @property {[term: string, what: Node | string][]} facts
 * @property {string} [warning]
 * @property {string} [destroys] the ID of what is destroyed
 *
 * @param {Question} question
 * @returns {Promise<boolean>} no, too, when the page is left or {@link stopConfirming} is called
 */
export function confirm({ words, facts, warning = '', destroys = '' }) {
  wanted = destroys.slice(0, PROOF_LENGTH);
  $.title.textContent = words.title;
  $.text.textContent = words.text;
  showFacts($.facts, facts);
  $.warning.textContent = warning;
  $.warning.hidden = !warning;
  $.proof.hidden = !wanted;
  $.label.textContent = strings.typeToConfirm(wanted);
  $.typed.value = '';
  $.yes.textContent = words.yes;
  $.yes.disabled = wanted !== '';
  $.yes.className = wanted ? 'destroy' : 'primary';
  $.dialog.returnValue = ''; // what Escape leaves
  $.dialog.showModal();
  (wanted ? $.typed : $.no).focus();
  return new Promise((resolve) => {
    $.dialog.addEventListener('close', () => resolve($.dialog.returnValue === 'yes'), { once: true });
  });
}

/** Answers what is being asked with no. */
export function stopConfirming() {
  $.dialog.close();
}
