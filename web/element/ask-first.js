
/** @typedef {import('../pages/shadow-view.js').ShadowView} View */

/**
 * Second thoughts: a question before something is gone. Another question, or {@link stopAsking}, answers it with no.
 *
 * @param {View} view
 * @param {'sureDiscard' | 'sureCancel' | 'sureDelete'} question
 * @returns {Promise<boolean>}
 */
export function askFirst(view, question) {
  const { title, text, yes, no } = view.words.group(question);
  const dialog = view.byId('sure', HTMLDialogElement);
  view.byId('sure-title', HTMLElement).textContent = title;
  view.byId('sure-text', HTMLElement).textContent = text;
  view.byId('sure-yes', HTMLElement).textContent = yes;
  view.byId('sure-no', HTMLElement).textContent = no;
  dialog.returnValue = ''; // what Escape leaves
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** @param {View} view @returns {boolean} */
export function isAsking(view) {
  return view.byId('sure', HTMLDialogElement).open;
}

/** What was asked about has ended meanwhile. @param {View} view */
export function stopAsking(view) {
  view.byId('sure', HTMLDialogElement).close();
}
