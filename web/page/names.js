const ROOM = /^[a-z0-9._-]{1,64}$/;

/** White space, controls, lone surrogates, `@` and `:` cannot stand in a name. */
const NOT_IN_NAME = /[\s\p{Cc}\p{Cs}@:]/u;

/** What is wrong with a person's name, or null. */
export function faultOfUser(name) {
  if (name === '') return 'Please choose a name.';
  if (NOT_IN_NAME.test(name)) return 'A name has no spaces, no @ and no colon.';
  if ([...name].length > 64) return 'A name has at most 64 characters.';
  return null;
}

/**
 * What somebody typed to open a room: `Lobby`, `#lobby`, `@bob`.
 * @returns {{ room: string } | { fault: string }}
 */
export function parseRoom(typed) {
  const text = typed.trim().normalize('NFC');
  if (text.startsWith('@')) {
    const fault = faultOfUser(text.slice(1));
    return fault ? { fault: text === '@' ? 'Write the name after the @.' : fault } : { room: text };
  }
  const room = text.replace(/^#/, '').toLowerCase();
  if (room === '') return { fault: 'Write the name of a room, or @ and the name of a person.' };
  if (!ROOM.test(room)) return { fault: 'A room’s name has up to 64 of a–z, 0–9, dot, dash and underscore.' };
  return { room };
}

export const isDirect = room => room.startsWith('@');

/** How a room is called on this page. */
export function titleOf(room, me) {
  if (!isDirect(room)) return `# ${room}`;
  return room.slice(1) === me ? 'Notes to yourself' : room.slice(1);
}
