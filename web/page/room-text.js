import { CHANGES, changeLine } from './group-text.js';
import { isDirect, nameInText, quoted } from './names.js';

/** The sentences and labels of the list of rooms. */

/** Maximum length of the text in a row's second line, in code points. The server cuts the text at the same length. */
const MAX_LINE = 200;

/** The labels of the actions on a row. An ellipsis means that the page first asks the user. */
export const ROW_LABELS = {
  pin: 'Pin',
  unpin: 'Unpin',
  mute: 'Mute…',
  unmute: 'Unmute',
  archive: 'Archive',
  unarchive: 'Take out of the archive',
  follow: 'Show on all my devices',
  unfollow: 'Show only in this browser',
  hide: 'Hide until the next message',
  leave: 'Leave',
  close: 'Close',
};

/** The words that follow the room's title in the notice about an action that the server refused. */
const NOT_DONE = {
  pin: 'was not pinned',
  unpin: 'was not unpinned',
  mute: 'was not muted',
  unmute: 'was not unmuted',
  archive: 'was not archived',
  unarchive: 'was not taken out of the archive',
  follow: 'is not shown on your other devices',
  unfollow: 'is still shown on your other devices',
  hide: 'was not hidden',
  leave: 'is still shown on your other devices',
};

/**
 * The notice about a refused action.
 * @param {string} action
 * @param {string} title the room's title
 * @param {string} message the server's message
 */
export const notDone = (action, title, message) => `${title} ${NOT_DONE[action]}: ${message}`;

/**
 * The question that the page asks before it mutes a conversation.
 * @param {string} title the room's title
 */
export const muteQuestion = title => ({
  heading: `Mute ${title}?`, text: 'New messages are counted, but not highlighted. Only you see this setting.', button: 'Mute', timed: true,
});

/**
 * The question that the page asks before the user leaves a room that has unsent messages.
 * @param {string} title the room's title
 * @param {number} waiting number of unsent messages
 */
export const unsentQuestion = (title, waiting) => ({
  heading: `Leave ${title}?`,
  text: waiting === 1 ? 'A message is not sent yet. If you leave, it is lost.' : `${waiting} messages are not sent yet. If you leave, they are lost.`,
  button: 'Leave',
});

/**
 * The second line of a row: the newest event of the room.
 * @param {import('../orleanschat.js').LastEvent | null} last
 * @param {string} room the room's name
 * @param {string} me this user's id
 * @returns {string} empty if there is no event, or if the page does not know its kind
 */
export function lastLine(last, room, me) {
  if (!last) return '';
  const { kind, from } = last;
  const text = last.text === undefined || last.text === null ? null : quoted([...last.text].slice(0, MAX_LINE).join(''));
  const actor = from === me ? 'You' : nameInText(from);
  switch (kind) {
    case 'msg':
    case 'edit':
      if (text === null) return 'Message deleted';
      return isDirect(room) && from !== me ? text : `${actor}: ${text}`;
    case 'delete':
      return `${actor} deleted a message`;
    case 'react':
      return `${actor} reacted with ${text ?? 'an emoji'}`;
    case 'unreact':
      return `${actor} removed a reaction`;
    default:
      return CHANGES.has(kind) ? changeLine(last, me) : '';
  }
}
