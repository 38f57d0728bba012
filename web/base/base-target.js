/**
 * EventTarget, or an empty class if there is no EventTarget: server-side rendering must be able to import the modules.
 *
 * @type {{new (): EventTarget}}
 */
export const BaseTarget = globalThis.EventTarget ?? class {};
