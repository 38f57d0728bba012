/**
 * `<slipway-player>`: plays a recording by its link, in any page. Importing this file defines it.
 *
 * ```html
 * <script type="module" src="https://broker.example/web/player.js"></script>
 * <slipway-player src="https://broker.example/watch/…#…"></slipway-player>
 * ```
 */

import { SlipwayPlayer } from './player/element.js';

/** @typedef {import('./player/element.js').SlipwayPlayerEventMap} SlipwayPlayerEventMap */

export { SlipwayPlayer };

if (globalThis.customElements && !customElements.get('slipway-player')) customElements.define('slipway-player', SlipwayPlayer);
