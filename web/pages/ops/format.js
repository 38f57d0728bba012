/**
 * What only operators read: spans of time, numbers of parts, money.
 */

/** Past so many ranges the rest is counted: 10,000 parts can have 5,000 holes. */
const MOST_RANGES = 12;

/** @type {[unit: string, ms: number][]} */
const UNITS = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], ['second', 1000]];

/** @param {number} ms @returns {string} the two largest units, such as "2d 4h" or "45s" */
export function formatSpan(ms) {
  const found = UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  const first = found < 0 ? UNITS.length - 1 : found;
  const [unit, unitMs] = UNITS[first];
  const words = [inUnit(Math.floor(ms / unitMs), unit)];
  const [smaller, smallerMs] = UNITS[first + 1] ?? [];
  const rest = smallerMs ? Math.floor((ms % unitMs) / smallerMs) : 0;
  if (smaller && rest > 0) words.push(inUnit(rest, smaller));
  return words.join(' ');
}

/** @param {number} value @param {string} unit */
function inUnit(value, unit) {
  return new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'narrow' }).format(Math.max(0, value));
}

/**
 * How old a session is, by the broker's clock alone: this device's may be wrong.
 *
 * @param {{opened_at: string, active_at: string, idle_ms: number}} session
 * @returns {number} ms, as it was when the broker answered
 */
export function ageMs({ opened_at: openedAt, active_at: activeAt, idle_ms: idleMs }) {
  return Math.max(0, Date.parse(activeAt) + idleMs - Date.parse(openedAt));
}

/**
 * @param {number[]} numbers ascending
 * @param {(left: number) => string} andMore says that so many numbers are not shown
 * @returns {string} such as "1–3, 7"
 */
export function formatRanges(numbers, andMore) {
  /** @type {{from: number, to: number}[]} */
  const ranges = [];
  for (const n of numbers) {
    const last = ranges[ranges.length - 1];
    if (last?.to === n - 1) last.to = n;
    else ranges.push({ from: n, to: n });
  }
  const shown = ranges.slice(0, MOST_RANGES);
  const left = numbers.length - shown.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const words = shown.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
  return left > 0 ? `${words} ${andMore(left)}` : words;
}

/** @param {number} usd @returns {string} such as "$1.20" or "< $0.01" */
export function formatUSD(usd) {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' });
  return usd > 0 && usd < 0.01 ? `< ${format.format(0.01)}` : format.format(usd);
}
