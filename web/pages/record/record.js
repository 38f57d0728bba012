/**
 * The recording page: the element, with a grant from the address or from the broker, and a way back to the application.
 */

import '../../element.js';
import { brokerUrl } from '../broker-url.js';
import { findGrants, followAddress, takeFromAddress } from '../grant.js';
import { ownerOf, returnOrigins, tellOpener, wayBack } from './calling-app.js';

/** @typedef {import('../../element.js').SlipwayRecorder} SlipwayRecorder */

const broker = brokerUrl(location.href);
const returnUrl = takeFromAddress('return_url') ?? '';
const recorder = /** @type {SlipwayRecorder} */ (document.createElement('slipway-recorder'));
recorder.broker = broker;
recorder.addEventListener('view', (event) => {
  const { state, headline } = /** @type {CustomEvent<{state: string, headline: string}>} */ (event).detail;
  document.title = `${headline} · Slipway`;
  document.documentElement.lang = recorder.shadowRoot?.querySelector('[lang]')?.getAttribute('lang') ?? 'en';
  document.body.dataset.state = state;
});
recorder.addEventListener('state', (event) => {
  const { state, result } = /** @type {CustomEvent<import('../../recorder.js').StateDetail>} */ (event).detail;
  if (state === 'completed' && result) void goBack(result);
});
followAddress((given) => { void use(given, given()); });

try {
  const given = takeFromAddress('grant');
  await use(given ? () => given : await findGrants(), given ?? '');
} catch {
  recorder.block();
}
document.querySelector('main')?.append(recorder);

/** @param {(() => string | Promise<string>) | null} grants @param {string} given by somebody who may be anybody; '' by nobody */
async function use(grants, given) {
  recorder.grant = grants;
  recorder.owner = given && await ownerOf(broker, given);
}

/** @param {{id: string, watchUrl: string}} recorded */
async function goBack(recorded) {
  if (!returnUrl && !opener) return;
  const origins = await returnOrigins(broker);
  tellOpener(opener, origins, recorded);
  const url = wayBack(returnUrl, origins, recorded);
  if (url) recorder.offerWayBack(url);
}
