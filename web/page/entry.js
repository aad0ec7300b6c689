import { isDirect } from './names.js';

/**
 * The line that the page shows above a room that the server refused, and the button in this line.
 * @param {{ name: string, kind: string | null, refusal: { code: string, message: string } | null }} room
 * @returns {{ text: string, button?: string, kind?: string } | null} null if the room needs no line; `kind`: the kind
 *   of room that the button joins
 */
export function entryOf({ name, kind, refusal }) {
  switch (refusal?.code) {
    case undefined:
      return null;
    case 'not_member':
    case 'conflict':
      return { text: `${name} is a group, and you are not a member.`, button: `Join ${name}`, kind: 'group' };
    case 'not_found':
      // The first message creates a direct conversation.
      if (isDirect(name)) return null;
      return kind === 'group'
        ? { text: `The group ${name} no longer exists.`, button: `Create ${name}`, kind: 'group' }
        : { text: `There is no room named ${name}.` };
    case 'room_full':
      return { text: 'This room is full, or you are in too many rooms.', button: 'Try again' };
    case 'forbidden':
      return { text: `You cannot enter this room: ${refusal.message}` };
    default:
      return { text: `You cannot enter this room: ${refusal.message}`, button: 'Try again' };
  }
}

/**
 * Shows the line of a refused room. A user becomes a member of a group only by the button in this line or by typing the
 * group's name, never by a link or a reload.
 */
export class EntryView {
  #node = document.getElementById('entry');
  #text = this.#node.querySelector('span');
  #button = this.#node.querySelector('button');
  #wish = null;

  /** @param {(kind?: string) => void} enter called when the button is clicked */
  constructor(enter) {
    this.#button.addEventListener('click', () => enter(this.#wish));
  }

  draw(room) {
    const entry = entryOf(room);
    this.#node.hidden = entry === null;
    if (!entry) return;
    this.#wish = entry.kind;
    if (this.#text.textContent !== entry.text) this.#text.textContent = entry.text;
    this.#button.hidden = !entry.button;
    this.#button.textContent = entry.button ?? '';
  }
}
