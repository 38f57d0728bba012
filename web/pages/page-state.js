/**
 * What pages and elements are made of: elements by id, one state, one message.
 *
 * The state stands in `data-state` of the body, or of an element's frame; an element with `data-in="a b"` is shown in the
 * states a and b.
 */

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @param {Document | ShadowRoot} [root]
 * @returns {T}
 */
export function byId(id, type, root = document) {
  const element = root.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page lacks #${id}`);
  return element;
}

/** @param {string} state @param {HTMLElement} [frame] */
export function showState(state, frame = document.body) {
  frame.dataset.state = state;
  for (const element of frame.querySelectorAll('[data-in]')) {
    if (element instanceof HTMLElement || element instanceof SVGElement) {
      element.toggleAttribute('hidden', !element.getAttribute('data-in')?.split(' ').includes(state));
    }
  }
}

/**
 * @typedef {object} Message
 * @property {'info' | 'warning' | 'error'} [kind]
 * @property {string} [title]
 * @property {string} text
 * @property {string} [code] for the person who is asked for help
 */

/**
 * Shows a message in place of the one before; null takes it away.
 *
 * @param {Message | null} message
 * @param {Document | ShadowRoot} [root]
 */
export function showMessage(message, root = document) {
  const box = byId('message', HTMLElement, root);
  box.hidden = !message;
  box.replaceChildren();
  if (!message) return;
  const { kind = 'info', title, text, code } = message;
  box.dataset.kind = kind;
  if (title) box.append(element('b', title));
  box.append(element('span', text));
  if (code) box.append(element('small', code));
}

/** @param {string} tag @param {string} text */
function element(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}
