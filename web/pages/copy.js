/**
 * Puts the text of a field on the clipboard. Without the clipboard's permission the field is left selected for the
 * person's own Ctrl+C.
 *
 * @param {HTMLInputElement} field
 * @returns {Promise<boolean>} whether it was copied
 */
export async function copyText(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return false;
  }
}
