/**
 * Elements made in scripts. A string becomes text and never markup, no matter who wrote it.
 */

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} content
 * @returns {HTMLElement}
 */
export function element(tag, attributes, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

/**
 * @param {string} text
 * @param {Record<string, string>} attributes
 * @param {() => void} onClick
 * @returns {HTMLElement}
 */
export function button(text, attributes, onClick) {
  const made = element('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', onClick);
  return made;
}

/**
 * What somebody else wrote, in its own direction. The page's style makes it a block of its own: marks in it that turn
 * the direction of writing end with it.
 *
 * @param {string} text
 */
export function theirs(text) {
  return element('bdi', { dir: 'auto' }, text);
}

/**
 * Changes only what differs: a text that is set anew loses the reader's selection.
 *
 * @param {Element} box
 * @param {string} text
 */
export function setText(box, text) {
  if (box.textContent !== text) box.textContent = text;
}

/**
 * Shows these nodes, and lets those be that are there already.
 *
 * @param {Element} box
 * @param {Node[]} nodes
 */
export function setNodes(box, nodes) {
  const old = [...box.childNodes];
  nodes.forEach((node, i) => {
    if (!old[i]) box.append(node);
    else if (!old[i].isEqualNode(node)) old[i].replaceWith(node);
  });
  for (const extra of old.slice(nodes.length)) extra.remove();
}

/**
 * @param {HTMLElement} list a `dl`
 * @param {[term: string, what: Node | string][]} facts
 */
export function showFacts(list, facts) {
  setNodes(list, facts.flatMap(([term, what]) => [element('dt', {}, term), element('dd', {}, what)]));
}
