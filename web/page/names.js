const ROOM = /^[a-z0-9._-]{1,64}$/;

/** A name that the server chooses for a private group. */
const PRIVATE = /^~[a-z2-7]{26}$/;

/** White space, control characters and lone surrogates are not allowed in a name. */
const NOT_IN_NAME = /[\s\p{Cc}\p{Cs}]/u;

/** Maximum length of a name, in code points. */
const MAX_NAME = 128;

/** Maximum length of a group's title, in code points. */
const MAX_TITLE = 100;

/**
 * Characters that the page removes from a title: control characters, lone surrogates, and characters that would change
 * the direction of the text around the title.
 */
const NOT_SHOWN_IN_TITLE = /[\p{Bidi_Control}\p{Cc}\p{Cs}]/gu;

/** A title of only these characters would look empty. */
const BLANK = /^[\p{Cf}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/**
 * Characters that are invisible, look like a space or a missing glyph, or change the order of other characters. Names
 * that differ only in such characters would look alike. The pattern also finds a combining mark at the start of a name,
 * because the mark would be drawn on the text before the name.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\uFFFD]|^\p{M}/gu;

const FIRST_STRONG_ISOLATE = '\u2068';
const POP_ISOLATE = '\u2069';

/**
 * Splits a name into visible pieces and hidden characters. The text of a hidden character is its code point:
 * `‹U+200B›`.
 * @param {string} name
 * @returns {{ text: string, hidden: boolean }[]}
 */
export function piecesOfName(name) {
  const found = [];
  let from = 0;
  for (const match of name.matchAll(HIDDEN)) {
    if (match.index > from) found.push({ text: name.slice(from, match.index), hidden: false });
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
    found.push({ text: `‹U+${code}›`, hidden: true });
    from = match.index + match[0].length;
  }
  if (from < name.length) found.push({ text: name.slice(from), hidden: false });
  return found;
}

/**
 * A user's name for a sentence, a label or a title. Hidden characters are shown as code points. Isolate characters
 * around the name keep its writing direction from changing the rest of the text.
 * @param {string} name
 * @returns {string}
 */
export function nameInText(name) {
  return FIRST_STRONG_ISOLATE + piecesOfName(name).map(piece => piece.text).join('') + POP_ISOLATE;
}

/**
 * Checks a user's name.
 * @param {string} name
 * @returns {string | null} a sentence that says what is wrong, or null
 */
export function faultOfUser(name) {
  if (name === '') return 'Please choose a name.';
  if (name.startsWith('@')) return 'A name cannot start with @.';
  if (NOT_IN_NAME.test(name)) return 'A name cannot contain spaces.';
  if ([...name].length > MAX_NAME) return `A name can have up to ${MAX_NAME} characters.`;
  return null;
}

/**
 * Checks a name that the user chooses. Unlike `faultOfUser`, this function also refuses names that begin with `guest-`
 * or contain invisible characters.
 * @param {string} name
 * @returns {string | null} a sentence that says what is wrong, or null
 */
export function faultOfNewName(name) {
  if (name.startsWith('guest-')) return 'Names that start with guest- are reserved for guests.';
  return faultOfUser(name) ?? (piecesOfName(name).some(piece => piece.hidden) ? 'A name cannot contain invisible characters.' : null);
}

/**
 * Parses the room name that a user typed: `Lobby`, `#lobby`, `@bob`.
 * @param {string} typed
 * @returns {{ room?: string, fault?: string }} the room's name, or a sentence that says what is wrong
 */
export function parseRoom(typed) {
  const text = typed.trim().normalize('NFC');
  if (text.startsWith('@')) {
    const fault = faultOfUser(text.slice(1));
    return fault ? { fault: text === '@' ? 'Type a name after the @.' : fault } : { room: text };
  }
  const room = text.replace(/^#/, '').toLowerCase();
  if (PRIVATE.test(room)) return { room };
  if (room === '') return { fault: 'Type the name of a room, or @ and the name of a person.' };
  if (!ROOM.test(room)) return { fault: 'A room name can have up to 64 characters: a–z, 0–9, dots, dashes and underscores.' };
  return { room };
}

export const isDirect = room => room.startsWith('@');

/**
 * Whether a room is a group whose name the server chose. Such a group is always private. A group with another name can
 * be private too, by its settings.
 */
export const isPrivate = room => room.startsWith('~');

/**
 * Checks the title of a group.
 * @param {string} typed
 * @returns {{ title?: string, fault?: string }} the title, or a sentence that says what is wrong
 */
export function parseTitle(typed) {
  const title = typed.trim().normalize('NFC');
  if (BLANK.test(title)) return { fault: 'Please type a title.' };
  if (/\p{Cc}|\p{Cs}/u.test(title)) return { fault: 'A title cannot contain control characters.' };
  if ([...title].length > MAX_TITLE) return { fault: `A title can have up to ${MAX_TITLE} characters.` };
  return { title };
}

/**
 * A user's text for a sentence: one line, with isolates that keep its direction from changing the text around it.
 * @param {string} text
 * @returns {string}
 */
export function quoted(text) {
  return FIRST_STRONG_ISOLATE + text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(NOT_SHOWN_IN_TITLE, '') + POP_ISOLATE;
}

/**
 * A group's title for a sentence or a label. Isolate characters around the title keep its writing direction from
 * changing the rest of the text.
 * @param {string | null | undefined} title
 * @returns {string} `Private group` if there is no visible title
 */
export function titleInText(title) {
  const shown = (title ?? '').replace(NOT_SHOWN_IN_TITLE, '');
  return BLANK.test(shown) ? 'Private group' : FIRST_STRONG_ISOLATE + shown + POP_ISOLATE;
}

/**
 * A room's title for a sentence, a label or the page's title.
 * @param {string} room
 * @param {string} me this user's id
 * @param {string | null} [title] the title of a group
 * @returns {string}
 */
export function titleOf(room, me, title) {
  if (isDirect(room)) return room.slice(1) === me ? 'Notes to yourself' : nameInText(room.slice(1));
  return title || isPrivate(room) ? titleInText(title) : `# ${room}`;
}
