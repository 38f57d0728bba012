/**
 * EventTarget, or a class in its place: where there is no DOM (server-side rendering) modules must still be importable.
 *
 * @type {{new (): EventTarget}}
 */
export const BaseTarget = globalThis.EventTarget ?? class {};
