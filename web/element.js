/**
 * `<slipway-recorder>`: a recorder with all that people need around it. Importing this file defines it.
 *
 * ```html
 * <script type="module" src="https://broker.example/web/element.js"></script>
 * <slipway-recorder broker="https://broker.example" grant-url="/slipway-grant"></slipway-recorder>
 * ```
 */

import { SlipwayRecorder } from './element/element.js';

/**
 * @typedef {import('./element/element.js').SlipwayRecorderEventMap} SlipwayRecorderEventMap
 * @typedef {import('./element/element.js').GrantSource} GrantSource
 */

export { SlipwayRecorder };
export { Recorder, RecorderError, uploadFile } from './recorder.js';

if (globalThis.customElements && !customElements.get('slipway-recorder')) customElements.define('slipway-recorder', SlipwayRecorder);
