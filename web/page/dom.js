import { isDirect, piecesOfName, titleOf } from './names.js';

/**
 * Creates an element. The function never parses markup: `text` becomes the textContent, so a user's text cannot become
 * HTML.
 * @param {string} tag
 * @param {object} [parts] `text`, `data` (data attributes), `on` (listeners by the event's name); all others are
 *   attributes, which are omitted if null, undefined or false
 * @param {...(Node | string | null | undefined)} children null and undefined are skipped
 * @returns {HTMLElement}
 */
export function element(tag, parts = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(parts)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'text') node.textContent = value;
    else if (name === 'data') Object.assign(node.dataset, value);
    else if (name === 'on') for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

/**
 * Creates an icon of one stroked path. The icon is hidden from screen readers, because the button around it has a
 * label.
 * @param {string} path the `d` attribute
 * @returns {SVGSVGElement}
 */
export function icon(path) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  drawn.setAttribute('d', path);
  svg.append(drawn);
  return svg;
}

/**
 * A user's name as an element. The element is a `bdi`, so the writing direction of the name does not change the text
 * around the name. Invisible characters are shown as code points.
 * @param {string} name
 * @returns {HTMLElement}
 */
export function nameElement(name) {
  return element('bdi', {}, ...piecesOfName(name).map(({ text, hidden }) => hidden
    ? element('span', { class: 'hidden-character', title: 'An invisible character', text })
    : document.createTextNode(text)));
}

/**
 * A room's title as a node.
 * @param {string} room
 * @param {string} me this user's id
 * @param {string | null} [title] the title of a group
 * @returns {Node}
 */
export function roomElement(room, me, title) {
  return isDirect(room) && room.slice(1) !== me ? nameElement(room.slice(1)) : document.createTextNode(titleOf(room, me, title));
}

/**
 * A round avatar with the first character of a name. The name determines the colour.
 * @param {string} name
 * @returns {HTMLElement}
 */
export function avatar(name) {
  return paintAvatar(element('span', { 'aria-hidden': 'true' }), name);
}

export function paintAvatar(node, name) {
  // FNV-1a gives similar short names different colours.
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
  node.className = `avatar hue-${(hash >>> 13) % 8}`;
  const [first] = piecesOfName(name);
  node.textContent = first && !first.hidden ? [...first.text][0].toUpperCase() : '?';
  return node;
}
