/**
 * What both pages are made of: elements by id, one state, one message.
 *
 * The state stands in `body[data-state]`; an element with `data-in="a b"` is shown in the states a and b.
 */

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page lacks #${id}`);
  return element;
}

/** @param {string} state */
export function showState(state) {
  document.body.dataset.state = state;
  for (const element of document.querySelectorAll('[data-in]')) {
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
 * @property {string} [code] for whoever is asked for help
 */

/**
 * Shows a message in place of the one before; null takes it away.
 *
 * @param {Message | null} message
 */
export function showMessage(message) {
  const box = byId('message', HTMLElement);
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
