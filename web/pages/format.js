/**
 * Numbers as people read them, in the language of the browser unless another is given.
 */

const UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** @param {number} bytes @param {string} [lang] @returns {string} such as "12.4 MB" */
export function formatBytes(bytes, lang) {
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 ? 0 : 1;
  return new Intl.NumberFormat(lang, {
    style: 'unit', unit: UNITS[unit], minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(unit === 0 ? Math.ceil(value) : value); // a little is not nothing
}

/** @param {number} ms @returns {string} such as "1:05" or "2:00:07" */
export function formatDuration(ms) {
  const all = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @param {string} instant RFC 3339 @param {string} [lang] @returns {string} */
export function formatDate(instant, lang) {
  return new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(instant));
}
