/** The search and the menu of the documentation. */

const query = /** @type {HTMLInputElement} */ (document.getElementById('query'));
const found = /** @type {HTMLElement} */ (document.getElementById('found'));
const menuButton = /** @type {HTMLElement} */ (document.getElementById('menu-button'));
const MOST = 12;
/** So many characters are shown on either side of the first word that was found. */
const AROUND = 60;

/** @type {Promise<{page: string, heading: string, url: string, text: string}[]> | undefined} fetched once it is needed */
let index;

/** @param {string} text @returns {string[]} */
const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}_-]+/gu) ?? [];

/**
 * How well an entry fits, 0 if it lacks a word. A heading counts more than text, and a whole word more than its beginning.
 *
 * @param {{page: string, heading: string, text: string}} entry @param {string[]} words
 */
function score(entry, words) {
  const places = [[entry.heading, 20], [entry.page, 8], [entry.text, 1]];
  let sum = 0;
  for (const word of words) {
    let best = 0;
    for (const [text, weight] of /** @type {[string, number][]} */ (places)) {
      const hits = wordsOf(text).filter((one) => one.startsWith(word));
      if (hits.length > 0) best += weight * ((hits.includes(word) ? 2 : 1) + Math.min(hits.length, 5) / 5);
    }
    if (best === 0) return 0;
    sum += best;
  }
  return sum;
}

/** @param {string} text @param {string[]} words the part of the text that has the first word */
function excerpt(text, words) {
  const at = words.map((word) => text.toLowerCase().indexOf(word)).filter((position) => position >= 0);
  const from = Math.max(0, Math.min(...at, Infinity) - AROUND);
  const start = Number.isFinite(from) ? from : 0;
  return `${start > 0 ? '…' : ''}${text.slice(start, start + 2 * AROUND)}…`;
}

async function search() {
  const words = wordsOf(query.value);
  if (words.length === 0) {
    found.hidden = true;
    return;
  }
  index ??= fetch('search.json').then((response) => response.json());
  const all = await index;
  if (String(wordsOf(query.value)) !== String(words)) return; // the reader has typed on
  const hits = all.map((entry) => ({ entry, rank: score(entry, words) })).filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank).slice(0, MOST);
  found.replaceChildren(...hits.map(({ entry }) => row(entry, words)));
  if (hits.length === 0) found.append(Object.assign(document.createElement('li'), { textContent: 'Nothing was found.' }));
  found.hidden = false;
}

/** @param {{page: string, heading: string, url: string, text: string}} entry @param {string[]} words */
function row(entry, words) {
  const link = Object.assign(document.createElement('a'), { href: entry.url });
  const title = entry.heading === entry.page ? entry.page : `${entry.page}: ${entry.heading}`;
  link.append(Object.assign(document.createElement('b'), { textContent: title }), excerpt(entry.text, words));
  link.onclick = () => { found.hidden = true; };
  const item = document.createElement('li');
  item.append(link);
  return item;
}

query.oninput = search;
query.onfocus = search;
query.onkeydown = (event) => {
  if (event.key === 'Enter') found.querySelector('a')?.click();
};
document.onkeydown = (event) => {
  if (event.key === 'Escape') found.hidden = true;
  if (event.key === '/' && document.activeElement !== query) {
    event.preventDefault();
    query.focus();
  }
};
document.onclick = (event) => {
  if (event.target instanceof Node && !query.parentElement?.contains(event.target)) found.hidden = true;
};
/** @param {boolean} open */
function showMenu(open) {
  document.body.classList.toggle('menu-open', open);
  menuButton.setAttribute('aria-expanded', String(open));
}
menuButton.onclick = () => showMenu(!document.body.classList.contains('menu-open'));
/** @type {HTMLElement} */ (document.getElementById('menu')).onclick = ({ target }) => {
  if (target instanceof HTMLAnchorElement) showMenu(false);
};
