/**
 * Makes elements. It takes no markup, so that it works under a policy that lets no text become markup
 * (https://www.w3.org/TR/trusted-types/, read 2026-11-30).
 */

const SVG = 'http://www.w3.org/2000/svg';
const DRAWN = ['svg', 'rect', 'path', 'circle'];

/**
 * @param {string} tag
 * @param {Record<string, string | boolean>} [attributes] true: it is there; false: it is not
 * @param {...(Node | string)} children
 * @returns {HTMLElement | SVGElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = DRAWN.includes(tag)
    ? /** @type {SVGElement} */ (document.createElementNS(SVG, tag))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

/** @param {string} kind @param {...Node} shapes a drawing for the eye alone */
export function icon(kind, ...shapes) {
  return h('svg', { class: kind, viewBox: '0 0 24 24', 'aria-hidden': 'true' }, ...shapes);
}

/** @param {string} d */
export const path = (d) => h('path', { d });
/** @param {string} x @param {string} y @param {string} width @param {string} height @param {string} rx */
export const rect = (x, y, width, height, rx) => h('rect', { x, y, width, height, rx });
