/**
 * The style of the pages, as text for a shadow root. The bundle puts it in here; where the modules are served as they are,
 * it comes from its file.
 */

export const styleText = await (await fetch(new URL('./style.css', import.meta.url))).text();
