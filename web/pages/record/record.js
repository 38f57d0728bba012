/**
 * The recording page: the element, with a grant from the address or from the broker.
 */

import '../../element.js';
import { brokerUrl } from '../broker-url.js';
import { findGrants, followAddress } from '../grant.js';

/** @typedef {import('../../element.js').SlipwayRecorder} SlipwayRecorder */

const recorder = /** @type {SlipwayRecorder} */ (document.createElement('slipway-recorder'));
recorder.broker = brokerUrl(location.href);
recorder.addEventListener('view', (event) => {
  const { state, headline } = /** @type {CustomEvent<{state: string, headline: string}>} */ (event).detail;
  document.title = `${headline} · Slipway`;
  document.documentElement.lang = recorder.shadowRoot?.querySelector('[lang]')?.getAttribute('lang') ?? 'en';
  document.body.dataset.state = state;
});
followAddress((given) => { recorder.grant = given; });

try {
  recorder.grant = await findGrants();
} catch {
  recorder.block();
}
document.querySelector('main')?.append(recorder);
