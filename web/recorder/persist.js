let asked = false;

/**
 * Asks the browser, once in the life of a page, not to clear away what lies on this device when the disk gets full. Whether
 * it says yes changes nothing here. Firefox asks the person.
 */
export async function askToPersist() {
  if (asked) return;
  asked = true;
  try {
    await navigator.storage?.persist?.();
  } catch {} // storage is denied
}
