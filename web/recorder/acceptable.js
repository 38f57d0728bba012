/**
 * Refuses what the broker would refuse, before anything is recorded. What we choose ourselves, it makes fit.
 *
 * The limits are the broker's (internal/session/metadata.go, api/openapi.yaml), and a test compares both.
 */

import { RecorderError } from '../base/errors.js';

/** In bytes, but for `entries`. */
export const LIMITS = Object.freeze({ name: 255, entries: 16, metadataName: 40, metadataValue: 512, together: 2048 });

export const ON_ABANDON = Object.freeze(['salvage', 'abort']);

/** What the broker adds for itself: slipway-on-abandon and slipway-opened-at. The owner comes on top, which it alone knows. */
const OWN_BYTES = 60;
const METADATA_NAME = /^(?!slipway-)[a-z0-9-]+$/;
const CONTROL = /\p{Cc}/u;
/** Longer ones are the end of a sentence. */
const EXTENSION = /\.[^.\s]{1,15}$/;

/**
 * @param {{name?: unknown, metadata?: unknown, maxBytes?: unknown, onAbandon?: unknown}} options
 * @throws {RecorderError} `invalid`, with `field`
 */
export function checkAcceptable({ name, metadata, maxBytes, onAbandon }) {
  if (isGiven(name)) checkText('name', name, LIMITS.name);
  if (isGiven(metadata)) checkMetadata(metadata, name);
  if (isGiven(maxBytes) && !(Number.isSafeInteger(maxBytes) && Number(maxBytes) > 0)) throw wrong('maxBytes', 'a whole number of bytes, 1 or more');
  if (isGiven(onAbandon) && !ON_ABANDON.includes(String(onAbandon))) throw wrong('onAbandon', ON_ABANDON.join(' or '));
}

/** @param {unknown} option */
function isGiven(option) {
  return option !== undefined && option !== null;
}

/** @param {unknown} metadata @param {unknown} name */
function checkMetadata(metadata, name) {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) throw wrong('metadata', 'an object of strings');
  const entries = Object.entries(metadata);
  if (entries.length > LIMITS.entries) throw wrong('metadata', `${entries.length} entries; at most ${LIMITS.entries} are allowed`);
  for (const [key, value] of entries) {
    if (key.length > LIMITS.metadataName || !METADATA_NAME.test(key)) {
      throw wrong(`metadata.${key}`, `names are 1 to ${LIMITS.metadataName} of a-z, 0-9 and "-", and do not begin with "slipway-"`);
    }
    checkText(`metadata.${key}`, value, LIMITS.metadataValue);
  }
  const kept = name ? [...entries, ['slipway-name', String(name)]] : entries;
  const size = kept.reduce((sum, [key, value]) => sum + key.length + encodedBytes(value), OWN_BYTES);
  if (size > LIMITS.together) throw wrong('metadata', `with the name it takes ${size} bytes as S3 keeps it; at most ${LIMITS.together} are allowed`);
}

/** @param {string} field @param {unknown} text @param {number} limit */
function checkText(field, text, limit) {
  if (typeof text !== 'string') throw wrong(field, `a string is needed, not ${text === null ? 'null' : typeof text}`);
  const size = bytesOf(text);
  if (size > limit) throw wrong(field, `${size} bytes; at most ${limit} are allowed`);
  if (/\p{Cs}/u.test(text)) throw wrong(field, 'half of a surrogate pair, as cutting a string may leave it, is no character');
  if (CONTROL.test(text)) throw wrong(field, 'line breaks and other control characters are not allowed');
}

/** @param {string} field @param {string} why */
function wrong(field, why) {
  return new RecorderError('invalid', `${field}: ${why}`, { field });
}

/**
 * A file's own name as the name of a recording: shortened where it is too long, with its extension kept.
 *
 * @param {string} fileName
 * @returns {string | undefined} undefined where nothing of it is left
 */
export function fittingName(fileName) {
  const name = fileName.replace(/\p{Cc}/gu, ' ').replace(/\p{Cs}/gu, '\ufffd').trim();
  if (bytesOf(name) <= LIMITS.name) return name || undefined;
  const [extension] = EXTENSION.exec(name) ?? [''];
  const stem = name.slice(0, name.length - extension.length);
  const room = new Uint8Array(LIMITS.name - bytesOf(extension));
  const { read } = new TextEncoder().encodeInto(stem, room); // it writes whole characters only
  return stem.slice(0, read) + extension;
}

/** @param {string} text */
function bytesOf(text) {
  return new TextEncoder().encode(text).length;
}

/** Percent-encoded, as the broker encodes it for S3: `encodeURIComponent` leaves five more characters as they are. @param {string} text */
function encodedBytes(text) {
  return [...new TextEncoder().encode(text)].reduce((sum, byte) => sum + (/[\w.~-]/.test(String.fromCharCode(byte)) ? 1 : 3), 0);
}
