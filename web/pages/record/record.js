/**
 * The recording page: the element, with a grant from the address or from the broker, and a way back to the application.
 */

import '../../element.js';
import { brokerUrl } from '../broker-url.js';
import { findGrants, followAddress, takeFromAddress } from '../grant.js';
import { ownerOf, returnOrigins, tellOpener, wayBack } from './calling-app.js';

/** @typedef {import('../../element.js').SlipwayRecorder} SlipwayRecorder */

const broker = brokerUrl(location.href);
let returnUrl = takeFromAddress('return_url') ?? '';
/** @type {object | null} what was recorded last */
let latest = null;
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
followAddress((given) => {
  returnUrl = takeFromAddress('return_url') ?? '';
  void use(given, given());
});

try {
  const given = takeFromAddress('grant');
  const grants = given ? () => given : await findGrants();
  if (!recorder.grant) void use(grants, given ?? ''); // one may have come into the address meanwhile
} catch {
  recorder.block();
}
document.querySelector('main')?.append(recorder);

/** @param {(() => string | Promise<string>) | null} grants @param {string} given by somebody who may be anybody; '' by nobody */
async function use(grants, given) {
  recorder.grant = grants;
  recorder.owner = '';
  const owner = given && await ownerOf(broker, given);
  if (recorder.grant === grants) recorder.owner = owner;
}

/** @param {{id: string, watchUrl: string}} recorded */
async function goBack(recorded) {
  latest = recorded;
  const wanted = returnUrl;
  if (!wanted && !opener) return;
  const origins = await returnOrigins(broker);
  tellOpener(opener, origins, recorded);
  const url = wayBack(wanted, origins, recorded);
  if (url && latest === recorded && recorder.state === 'completed') recorder.offerWayBack(url);
}
