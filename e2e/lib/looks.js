/**
 * How a page looks: pictures for people, and what can be measured of it.
 */

import assert from 'node:assert/strict';
import { shoot } from './browsers.js';

const WIDTHS = [1280, 360];
const SCHEMES = ['light', 'dark'];
/** WCAG 2.2, 1.4.3 (AA): normal text, and large text (24 px, or 18.66 px and bold). */
const CONTRAST = 4.5;
const LARGE_CONTRAST = 3;

/**
 * Takes a picture of the page as it is now at both widths, light and dark; and sees that all text has contrast enough,
 * that nothing is cut off sideways, and that every control has a name.
 *
 * @param {any} page playwright's
 * @param {string} name of the pictures in e2e/out/
 */
export async function looks(page, name) {
  const size = page.viewportSize();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width === 360 ? 740 : 800 });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await shoot(page, `${name}-${width}-${colorScheme}`);
      const { faint, wide, nameless } = await page.evaluate(measure, { CONTRAST, LARGE_CONTRAST });
      assert.deepEqual({ faint, wide, nameless }, { faint: [], wide: [], nameless: [] }, `${name}, ${width} px, ${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(size);
}

/** Runs in the page. */
function measure({ CONTRAST: normal, LARGE_CONTRAST: large }) {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    const full = color.startsWith('color(srgb') ? 255 : 1; // what color-mix() gives
    return { r: r * full, g: g * full, b: b * full, a };
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1,
  });
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    if (!element) return { r: 255, g: 255, b: 255, a: 1 };
    const own = parse(getComputedStyle(element).backgroundColor);
    return own.a === 1 ? own : over(own, ground(element.parentElement ?? element.getRootNode().host ?? null));
  };
  const contrast = (element) => {
    const below = ground(element);
    const [a, b] = [luminance(over(parse(getComputedStyle(element).color), below)), luminance(below)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const visible = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest('.unseen, :disabled');
  const all = (root) => [...root.querySelectorAll('*')].flatMap((element) => [element, ...(element.shadowRoot ? all(element.shadowRoot) : [])]);
  const elements = all(document.body);
  const faint = [];
  for (const element of elements) {
    const speaks = [...element.childNodes].some(({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim()) || element.matches('input, select');
    if (!speaks || element.matches('option, noscript, [type="checkbox"], [type="file"]') || !visible(element)) continue;
    const { fontSize, fontWeight } = getComputedStyle(element);
    const big = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
    const ratio = contrast(element);
    if (ratio < (big ? large : normal)) faint.push(`${element.tagName.toLowerCase()}#${element.id} “${element.textContent.trim().slice(0, 30)}” ${ratio.toFixed(2)}`);
  }
  const wide = elements
    .filter((element) => visible(element) && element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((element) => `${element.tagName.toLowerCase()}#${element.id}`);
  const nameless = elements
    .filter((element) => element.matches('button, a, input, select, [role="meter"]') && visible(element) && !(element.ariaLabel || element.textContent.trim() || element.labels?.length || element.getAttribute('aria-labelledby')))
    .map(({ id }) => id);
  return { faint, wide, nameless };
}
