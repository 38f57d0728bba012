let asked = false;

/**
 * Asks the browser, once in the life of a page, not to delete our data on this device when the disk gets full. The recorder
 * does the same whether the browser agrees or not. Firefox asks the person.
 */
export async function askToPersist() {
  if (asked) return;
  asked = true;
  try {
    await navigator.storage?.persist?.();
  } catch {} // storage is denied
}
