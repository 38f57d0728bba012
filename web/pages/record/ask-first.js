import { byId } from '../page-state.js';

/**
 * Second thoughts: a question before something is gone. Another question, or {@link stopAsking}, answers it with no.
 *
 * @param {{title: string, text: string, yes: string, no: string}} words
 * @returns {Promise<boolean>}
 */
export function askFirst({ title, text, yes, no }) {
  const dialog = byId('sure', HTMLDialogElement);
  byId('sure-title', HTMLElement).textContent = title;
  byId('sure-text', HTMLElement).textContent = text;
  byId('sure-yes', HTMLElement).textContent = yes;
  byId('sure-no', HTMLElement).textContent = no;
  dialog.returnValue = ''; // what Escape leaves
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** @returns {boolean} */
export function isAsking() {
  return byId('sure', HTMLDialogElement).open;
}

/** What was asked about has ended meanwhile. */
export function stopAsking() {
  byId('sure', HTMLDialogElement).close();
}
