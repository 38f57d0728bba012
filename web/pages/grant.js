/**
 * Where this page's permission to record comes from.
 */

import { brokerUrl } from './broker-url.js';

/**
 * Finds where grants come from. An application sends people here with `#grant=…`: a fragment reaches no server, and we
 * take it out of the address bar, so that it is neither shared nor bookmarked with the address. Without one the broker
 * itself is asked, anew for each recording; only broker-dev gives any.
 *
 * @returns {Promise<(() => string | Promise<string>) | null>} null: nobody gives us one
 * @throws where the broker does not answer
 */
export async function findGrants() {
  const given = takeFromAddress('grant');
  if (given) return () => given;
  return (await askBroker()) ? async () => (await askBroker()) ?? '' : null;
}

/** Where a grant comes into the address of a page that is open. @param {(grants: () => string) => void} found */
export function followAddress(found) {
  addEventListener('hashchange', () => {
    const given = takeFromAddress('grant');
    if (given) found(() => given);
  });
}

/** What an application put behind the `#`; it is gone from there afterwards. @param {'grant' | 'return_url'} name @returns {string | null} */
export function takeFromAddress(name) {
  const given = new URLSearchParams(location.hash.slice(1));
  const value = given.get(name);
  if (value === null) return null;
  given.delete(name);
  const rest = given.toString();
  history.replaceState(history.state, '', location.pathname + location.search + (rest && `#${rest}`));
  return value;
}

/** @returns {Promise<string | null>} null where there is no such path */
async function askBroker() {
  const response = await fetch(`${brokerUrl(location.href)}/page/grant`, { method: 'POST', cache: 'no-store', credentials: 'omit' });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`no grant from the broker: status ${response.status}`);
  return (await response.json()).grant;
}
