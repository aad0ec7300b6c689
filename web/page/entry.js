import { isDirect, isPrivate, titleInText } from './names.js';

/** If the server refuses a room with one of these codes, the page stops remembering the room. */
const NOT_OURS = new Set(['not_member', 'forbidden']);

/**
 * Whether the page stops remembering a refused room.
 * @param {{ name: string, kind: string | null, refusal: { code: string } | null }} room
 */
export function isNotOurs({ name, kind, refusal }) {
  return NOT_OURS.has(refusal?.code) || (refusal?.code === 'not_found' && (kind === 'group' || isPrivate(name)));
}

/**
 * Whether the page can create a refused room as a channel: the room does not exist, and its name and kind allow it.
 * @param {{ name: string, kind: string | null, refusal: { code: string } | null }} room
 */
export function canBeCreated({ name, kind, refusal }) {
  return refusal?.code === 'not_found' && kind !== 'group' && !isDirect(name) && !isPrivate(name);
}

/**
 * What the page shows above the messages of a room that the server refused: a text, and perhaps a button.
 * @param {object} room
 * @param {string} room.name
 * @param {string | null} room.kind
 * @param {string | null} [room.title]
 * @param {{ code: string, message: string } | null} room.refusal
 * @param {{ title?: string } | null} [invitation] the user's invitation to the room
 * @returns {{ text: string, button?: string, kind?: string } | null} null if the page shows nothing; `kind`: the kind
 *   of room that the button joins
 */
export function entryOf({ name, kind, title, refusal }, invitation = null) {
  if (invitation && (refusal?.code === 'not_member' || refusal?.code === 'not_found')) {
    const group = title || invitation.title || isPrivate(name) ? titleInText(title ?? invitation.title) : name;
    return { text: `You are invited to ${group}.`, button: `Join ${group}`, kind: 'group' };
  }
  switch (refusal?.code) {
    case undefined:
      return null;
    case 'not_member':
      // Show no button, because a user cannot join a private group without an invitation or a link.
      if (isPrivate(name)) return { text: 'You are not a member of this group.' };
      // falls through
    case 'conflict':
      return { text: `${name} is a group, and you are not a member.`, button: `Join ${name}`, kind: 'group' };
    case 'not_found':
      // Show nothing, because the first message creates the direct conversation.
      if (isDirect(name)) return null;
      if (isPrivate(name)) return { text: 'This group does not exist, or you are not a member of it.' };
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
 * Shows a text, and perhaps a button, above the messages of a room that the server refused. If there is no text to
 * show, the element is hidden. To join a group, the user clicks this button or an invitation, types the group's name,
 * or agrees to join by an invitation link. Opening an address or reloading the page never makes the user a member.
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

  draw(room, invitation) {
    const entry = entryOf(room, invitation);
    this.#node.hidden = entry === null;
    if (!entry) return;
    this.#wish = entry.kind;
    if (this.#text.textContent !== entry.text) this.#text.textContent = entry.text;
    this.#button.hidden = !entry.button;
    this.#button.textContent = entry.button ?? '';
  }
}
