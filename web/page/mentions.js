import { isDirect } from './names.js';
import { isMember } from './members.js';
import { mayMentionEveryone } from './rights.js';

/** The name that mentions all users of a room. */
export const EVERYONE = '@everyone';

/** Maximum number of names in a message's `mentions`. */
const MAX_MENTIONS = 20;

/** Maximum number of names that the list in the composer shows. */
const MAX_OFFERED = 20;

/** Maximum length of a name that the user is typing, in UTF-16 units. A user id has up to 128 code points. */
const MAX_TYPED = 256;

/**
 * A character that belongs to a word. In the scripts named here, writers put no spaces between words, so a mention may
 * touch other words.
 */
const WORD = /^(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])[\p{L}\p{N}\p{M}_]/u;

/** A character that joins two parts of a user id, such as `ann@x.org`, if a word follows it. */
const JOINER = /^[.@:+-]/u;

/**
 * Finds the mentions in a text: each `@name` whose name is in `names`. If several names match, the longest one counts.
 * An `@` in the middle of a word, as in an e-mail address, begins no mention.
 * @param {string} text
 * @param {Iterable<string>} names user ids, and `@everyone`
 * @returns {{ index: number, length: number, name: string }[]} `length` includes the `@`
 */
export function mentionsIn(text, names) {
  const found = [];
  // The text of `@everyone` begins with one `@`, like the text of a mention of a user. It comes before a user with the
  // id `everyone`, because the sort is stable.
  const known = [...new Set(names)].sort((a, b) => (b === EVERYONE) - (a === EVERYONE)).map(name => ({ name, written: name === EVERYONE ? name : `@${name}` }))
    .sort((a, b) => b.written.length - a.written.length);
  for (let index = text.indexOf('@'); index >= 0; index = text.indexOf('@', index + 1)) {
    if (!beginsAt(text, index)) continue;
    const match = known.find(({ written }) => text.startsWith(written, index) && endsAt(text, index + written.length));
    if (!match) continue;
    found.push({ index, length: match.written.length, name: match.name });
    index += match.written.length - 1;
  }
  return found;
}

/**
 * The field `mentions` of a message: each name once, at most 50.
 * @param {string} text
 * @param {Iterable<string>} names
 * @returns {string[]}
 */
export const namesIn = (text, names) => [...new Set(mentionsIn(text.normalize('NFC'), names).map(({ name }) => name))].slice(0, MAX_MENTIONS);

/**
 * Whether a message mentions the user or everyone.
 * @param {string[] | undefined} mentions
 * @param {string} me this user's id
 */
export const mentionsMe = (mentions, me) => mentions?.some(name => name === me || name === EVERYONE) === true;

/**
 * The users of a room that the page knows: the members, the users in the room, and the authors of its messages.
 * @param {{ room: { name: string }, me: string, people: Set<string> | null, members: import('./members.js').MemberList, timeline: import('./timeline.js').Timeline }} conversation
 * @returns {Set<string>}
 */
export function knownPeople({ room: { name }, me, people, members, timeline }) {
  if (isDirect(name)) return new Set([name.slice(1), me]);
  const listed = members.all.filter(({ role }) => isMember(role)).map(({ user }) => user);
  return new Set([...listed, ...people ?? [], ...timeline.authors, me]);
}

/**
 * The names that this user may mention in a conversation: the known people, and `@everyone` if the user may moderate.
 * @param {import('./conversation.js').Conversation} conversation
 * @param {number} now
 * @returns {string[]}
 */
export const mentionable = (conversation, now) => [...mayMentionEveryone(conversation.room, now) ? [EVERYONE] : [], ...knownPeople(conversation)];

/**
 * The name that the user is typing: the text from an `@` to the caret.
 * @param {string} text
 * @param {number} caret
 * @returns {{ at: number, typed: string } | null} `at` is the index of the `@`; null if the user is typing no name
 */
export function typedName(text, caret) {
  // The word that ends at the caret. A user id contains no white space, but it can contain an `@`.
  const from = Math.max(0, caret - MAX_TYPED);
  const [word] = text.slice(from, caret).match(/\S*$/u);
  for (let at = caret - word.length; at < caret; at++) {
    if (text[at] === '@' && beginsAt(text, at)) return { at, typed: text.slice(at + 1, caret) };
  }
  return null;
}

/**
 * The names that match what the user has typed: first those that begin with it, then those that contain it.
 * @param {string} typed
 * @param {Iterable<string>} names
 * @returns {string[]} up to 20 names
 */
export function offered(typed, names) {
  const wanted = typed.normalize('NFC').toLowerCase();
  const ranked = [...names].map(name => ({ name, at: name.replace(/^@/, '').toLowerCase().indexOf(wanted) })).filter(({ at }) => at >= 0);
  ranked.sort((a, b) => (a.at > 0) - (b.at > 0) || a.name.localeCompare(b.name));
  return ranked.slice(0, MAX_OFFERED).map(({ name }) => name);
}

function beginsAt(text, index) {
  const [before] = [...text.slice(Math.max(0, index - 2), index)].slice(-1);
  return before === undefined || !WORD.test(before);
}

function endsAt(text, end) {
  const rest = text.slice(end, end + 4);
  return !WORD.test(rest) && !(JOINER.test(rest) && WORD.test(rest.slice(1)));
}
