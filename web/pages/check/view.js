/**
 * Shows what was found.
 */

import { formatBytes } from '../format.js';
import { byId } from '../page-state.js';
import { bySlice, lineOf } from './pieces.js';
import { strings } from './strings.js';

/** @typedef {import('./pieces.js').Outline} Outline */

/** @param {import('../../recorder.js').Finding[]} findings */
export function showFindings(findings) {
  byId('findings', HTMLElement).replaceChildren(...findings.map(({ name, ok, detail, mend }) => {
    const row = element('li', element('b', name), element('span', detail), ...(mend ? [element('code', mend)] : []));
    row.dataset.ok = String(ok);
    return row;
  }));
}

/**
 * @param {import('./media-tap.js').Tapped} tapped
 * @param {Outline} outline of what the browser wrote
 * @param {Outline | undefined} stored of what is in S3
 */
export function showWritten(tapped, outline, stored) {
  const { mimeType, timesliceMs, slices } = tapped;
  const words = strings.written;
  const bytes = slices.reduce((sum, slice) => sum + slice.bytes, 0);
  pairs('written-facts', [
    [words.mimeType, mimeType], [words.timesliceMs, timesliceMs === undefined ? '' : strings.seconds(timesliceMs)], [words.sizes, words.slices(slices.length, formatBytes(bytes))],
    [words.outline, lineOf(outline)], [words.stored, stored ? lineOf(stored) : ''],
  ]);
  const begins = bySlice(outline, slices);
  byId('slices', HTMLElement).replaceChildren(...slices.map(({ atMs, bytes: size }, i) => (
    element('tr', element('td', strings.seconds(atMs)), element('td', formatBytes(size)), element('td', begins[i].join(' ') || strings.nothingBegins))
  )));
  byId('written', HTMLElement).hidden = slices.length === 0;
}

/** @param {import('./try-playback.js').Playback} playback @param {number} durationMs @param {boolean} poster */
export function showPlayed({ mayPlay, metadataMs, durationS, width, height, beganMs, soughtMs, error }, durationMs, poster) {
  const words = strings.played;
  const ms = (/** @type {number | undefined} */ value) => (value === undefined ? words.nothing : strings.seconds(value));
  const said = durationS === undefined ? words.nothing : durationS === null ? '∞' : strings.seconds(durationS * 1000);
  pairs('played-facts', [
    [words.mayPlay, mayPlay || words.no], [words.metadata, ms(metadataMs)], [words.duration, words.recorded(said, strings.seconds(durationMs))],
    [words.size, width ? `${width} × ${height}` : words.nothing], [words.began, ms(beganMs)], [words.sought, ms(soughtMs)], [words.poster, poster ? words.yes : words.no], [words.error, error ?? ''],
  ]);
  byId('played', HTMLElement).hidden = false;
}

/** @param {string} id @param {[string, string][]} rows an empty value is left out */
function pairs(id, rows) {
  byId(id, HTMLElement).replaceChildren(...rows.filter(([, value]) => value).flatMap(([name, value]) => [element('dt', name), element('dd', value)]));
}

/** @param {string} tag @param {...(string | Node)} content */
function element(tag, ...content) {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}
