/**
 * The application that sent a person here: what it gave in the address, and what it is told once something is recorded. Only
 * the origins in the broker's settings are told anything, or gone back to.
 */

/**
 * @typedef {object} Recorded
 * @property {string} id
 * @property {string} watchUrl
 */

/** The name of the message, so that a page tells it from others. */
const MESSAGE = 'slipway-recording';
const ANSWER_WITHIN_MS = 10_000;

/** @param {string} broker @returns {Promise<string[]>} none where the broker does not say */
export async function returnOrigins(broker) {
  try {
    const response = await fetch(`${broker}/v1/page`, { credentials: 'omit', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return response.ok ? (await response.json()).return_origins : [];
  } catch {
    return [];
  }
}

/**
 * Whose recording it will be, as people write it: somebody with another's grant in the address sees that.
 *
 * @param {string} broker
 * @param {string} grant
 * @returns {Promise<string>} '' where the broker does not say
 */
export async function ownerOf(broker, grant) {
  try {
    const response = await fetch(`${broker}/v1/grants/mine`, {
      method: 'POST', credentials: 'omit', headers: { Authorization: `Bearer ${grant}` }, signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const { owner = '', display_name: name = '' } = response.ok ? await response.json() : {};
    const shown = name.replace(/\p{Bidi_Control}/gu, ''); // they could turn the owner behind it around
    return shown && owner ? `${shown} (${owner})` : shown || owner;
  } catch {
    return '';
  }
}

/**
 * Where to go back to, with the recording's id for the application's server, and its link behind the `#`, which no server
 * sees.
 *
 * @param {string} returnUrl as it came in the address
 * @param {readonly string[]} origins that may be gone back to
 * @param {Recorded} recorded
 * @returns {URL | null} null where it may not
 */
export function wayBack(returnUrl, origins, { id, watchUrl }) {
  if (!URL.canParse(returnUrl)) return null;
  const url = new URL(returnUrl);
  if (!origins.includes(url.origin)) return null;
  url.searchParams.set('slipway_id', id);
  url.hash = new URLSearchParams({ slipway_link: watchUrl }).toString();
  return url;
}

/**
 * Tells the page that opened this one. A browser delivers it only where the opener's origin is the one that is named.
 *
 * @param {Pick<Window, 'postMessage'> | null} opener
 * @param {readonly string[]} origins
 * @param {Recorded} recorded
 */
export function tellOpener(opener, origins, { id, watchUrl }) {
  for (const origin of origins) opener?.postMessage({ type: MESSAGE, id, watchUrl }, origin);
}
