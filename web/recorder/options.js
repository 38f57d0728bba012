/**
 * Refuses wrong options of a recorder or an upload at once, and not only when they are used.
 */

import { containerOf } from '../base/container-of.js';
import { RecorderError } from '../base/errors.js';
import { CONTAINERS } from '../capture/mime.js';
import { RANGES, SHAPES } from '../composite/place.js';

/** What browsers open to one host over HTTP/1.1. */
const MOST_PARALLEL = 6;

/** @typedef {import('../recorder.js').RecorderOptions} RecorderOptions */

/**
 * @param {Pick<RecorderOptions, 'broker' | 'grant' | 'parallel'>} options
 * @returns {{broker: string, parallel: number}} the broker as an absolute URL, which a Worker needs
 * @throws {RecorderError} `invalid`, with `field`
 */
export function checked(options) {
  return { broker: brokerUrl(options?.broker), parallel: checkedParallel(options) };
}

/**
 * @param {Pick<RecorderOptions, 'grant' | 'parallel'>} options
 * @returns {number} 1 to 6
 * @throws {RecorderError} `invalid`, with `field`
 */
export function checkedParallel(options) {
  const { grant, parallel = MOST_PARALLEL } = options ?? {};
  if (!grant) throw new RecorderError('invalid', 'grant: a grant, or a function that gets one, is needed', { field: 'grant' });
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > MOST_PARALLEL) {
    throw new RecorderError('invalid', `parallel: 1 to ${MOST_PARALLEL}`, { field: 'parallel' });
  }
  return parallel;
}

/**
 * @param {Pick<RecorderOptions, 'contentType' | 'container'>} options
 * @throws {RecorderError} `invalid`, with `field`
 */
export function checkContainer({ contentType, container = 'auto' }) {
  if (!CONTAINERS.includes(container)) throw noContainer(`${container} is none of ${CONTAINERS.join(', ')}`);
  if (contentType && container !== 'auto' && containerOf(contentType) !== container) throw noContainer(`${container}, and contentType is ${contentType}`);
}

/** @param {string} why */
function noContainer(why) {
  return new RecorderError('invalid', `container: ${why}`, { field: 'container' });
}

/**
 * @param {Partial<import('../composite/place.js').BubblePlace>} bubble
 * @throws {RecorderError} `invalid`, with `field`
 */
export function checkBubble({ shape = 'round', ...rest }) {
  if (!SHAPES.includes(shape)) throw noBubble(`shape: ${shape} is none of ${SHAPES.join(', ')}`);
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = rest[/** @type {'size' | 'x' | 'y'} */ (name)];
    if (value !== undefined && !(value >= least && value <= most)) throw noBubble(`${name}: ${least} to ${most}`);
  }
}

/** @param {string} why */
function noBubble(why) {
  return new RecorderError('invalid', `bubble.${why}`, { field: 'bubble' });
}

/**
 * Devices are opened by these names; those of getUserMedia would be passed over in silence.
 *
 * @param {unknown} source
 * @throws {RecorderError} `invalid`
 */
export function checkSource(source) {
  if (globalThis.MediaStream && source instanceof MediaStream) return;
  if (typeof source !== 'object' || source === null) throw noSource(`it is ${source === null ? 'null' : typeof source}`);
  const foreign = ['audio', 'video'].filter((name) => name in source);
  if (foreign.length > 0) throw noSource(`${foreign.join(' and ')} are getUserMedia’s names: use microphone and camera`);
}

/** @param {string} why */
function noSource(why) {
  return new RecorderError('invalid', `source: a MediaStream, or { screen, camera, microphone }; ${why}`, { field: 'source' });
}

/**
 * Without a scheme, an address would be taken for a path below the page's own, where no broker will ever answer.
 *
 * @param {unknown} broker
 */
function brokerUrl(broker) {
  if (!broker) throw noBroker('the base URL of the broker is needed');
  const given = String(broker);
  const url = parse(given, given.startsWith('/') ? globalThis.document?.baseURI : undefined);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw noBroker(`${given} is no address of a broker: it begins with https://, or with / where the broker is on the page’s own origin`);
  }
  if (url.username || url.password) throw noBroker('browsers send nothing to an address with a user name or a password in it');
  return url.href;
}

/** @param {string} url @param {string} [base] */
function parse(url, base) {
  try {
    return new URL(url, base);
  } catch {
    return null;
  }
}

/** @param {string} why */
function noBroker(why) {
  return new RecorderError('invalid', `broker: ${why}`, { field: 'broker' });
}
