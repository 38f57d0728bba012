/**
 * Findings about the page and its browser, without any network.
 */

import { asRecorderError } from '../base/errors.js';
import { chooseMimeType } from '../capture/mime.js';

/** @typedef {import('./check.js').Finding} Finding */

const FEATURES = ['camera', 'microphone', 'display-capture'];

/** @param {import('../capture/mime.js').Wish} wish @returns {Promise<Finding[]>} */
export async function findInPage(wish) {
  return [secureContext(), await permissions(), mediaRecorder(wish)];
}

/** @returns {Finding} */
function secureContext() {
  if (globalThis.isSecureContext) return { name: 'secure-context', ok: true, detail: 'it is one' };
  return {
    name: 'secure-context', ok: false, detail: `${location.origin} is none: browsers give it no camera, microphone, screen or disk`,
    mend: `https://${location.host}${location.pathname}`,
  };
}

/**
 * What the page may ask for, and what the person has refused. What they have not been asked yet is fine.
 *
 * @returns {Promise<Finding>}
 */
async function permissions() {
  if (!globalThis.isSecureContext) return { name: 'permissions', ok: null, detail: 'not checked: it takes a secure context' };
  const forbidden = FEATURES.filter((feature) => !allowed(feature));
  if (forbidden.length > 0) {
    const mend = window.top === window ? `Permissions-Policy: ${FEATURES.map((feature) => `${feature}=(self)`).join(', ')}` : `<iframe allow="${FEATURES.join('; ')}">`;
    return { name: 'permissions', ok: false, detail: `the Permissions-Policy forbids ${forbidden.join(', ')}`, mend };
  }
  const states = await Promise.all(['camera', 'microphone'].map(async (name) => ({ name, state: await stateOf(name) })));
  const detail = states.map(({ name, state }) => `${name}: ${state}`).join(', ');
  const denied = states.filter(({ state }) => state === 'denied').map(({ name }) => name);
  if (denied.length === 0) return { name: 'permissions', ok: true, detail };
  return { name: 'permissions', ok: false, detail, mend: `Allow ${denied.join(' and ')} for ${location.origin} in the browser’s site settings.` };
}

/** @param {string} feature; only Chromium says what the policy is */
function allowed(feature) {
  const policy = /** @type {{featurePolicy?: {features: () => string[], allowsFeature: (name: string) => boolean}}} */ (/** @type {unknown} */ (document)).featurePolicy;
  return !policy?.features().includes(feature) || policy.allowsFeature(feature);
}

/** @param {string} name @returns {Promise<string>} */
async function stateOf(name) {
  try {
    return (await navigator.permissions.query({ name: /** @type {PermissionName} */ (name) })).state;
  } catch {
    return 'unknown'; // a browser that does not tell
  }
}

/** @param {import('../capture/mime.js').Wish} wish @returns {Finding} */
function mediaRecorder(wish) {
  if (!('MediaRecorder' in globalThis)) {
    return { name: 'media-recorder', ok: false, detail: 'this browser has none', mend: 'Use a current Chrome, Edge, Firefox or Safari.' };
  }
  const types = [{ video: true, audio: true }, { video: false, audio: true }].map((tracks) => {
    try {
      return { type: chooseMimeType(tracks, (type) => MediaRecorder.isTypeSupported(type), wish) };
    } catch (error) {
      return { error: asRecorderError(error).message };
    }
  });
  const { contentType, container = 'auto' } = wish;
  const wished = contentType ? 'contentType' : container !== 'auto' && 'container';
  const detail = types.map(({ type, error }) => type ?? error).join(', ');
  if (types.every(({ type }) => type)) return { name: 'media-recorder', ok: true, detail };
  return { name: 'media-recorder', ok: false, detail, mend: wished ? `${wished}: leave it out, and the recorder chooses` : undefined };
}
