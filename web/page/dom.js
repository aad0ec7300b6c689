/**
 * An element. What a person wrote only ever becomes text: `text` is set as textContent, and no markup is parsed anywhere on this page.
 * @param {object} [parts] `class`, `text`, `data` (data attributes), `on` (listeners); everything else is an attribute, left out where null or false
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

/** A small drawing of one stroked path, hidden from assistive technology: its button has the name. */
export function icon(path) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  drawn.setAttribute('d', path);
  svg.append(drawn);
  return svg;
}

/** The round initial of a person; the same name has the same colour everywhere. */
export function avatar(name) {
  return paintAvatar(element('span', { 'aria-hidden': 'true' }), name);
}

export function paintAvatar(node, name) {
  // FNV-1a: short names that differ in a letter should differ in colour as well.
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
  node.className = `avatar hue-${(hash >>> 13) % 8}`;
  node.textContent = ([...name][0] ?? '?').toUpperCase();
  return node;
}
