import { FOREVER } from '../orleanschat.js';
import { askToConfirm } from './dialogs.js';
import { titleOf } from './names.js';
import { muteQuestion, notDone, unsentQuestion } from './room-text.js';

/**
 * An action on a row of the list of rooms.
 * @typedef {'pin' | 'unpin' | 'mute' | 'unmute' | 'archive' | 'unarchive' | 'follow' | 'unfollow' | 'hide' | 'leave' |
 *   'close'} RowAction
 */

/**
 * The actions that a row offers. No action of a row ends the membership of a group. The group's panel has a button for
 * that.
 * @param {import('./room-list.js').Row} row
 * @returns {RowAction[]}
 */
export function actionsOf({ kind, exists, pinned, muted, archived, followed }) {
  if (!exists) return ['close'];
  const settings = [pinned ? 'unpin' : 'pin', muted ? 'unmute' : 'mute', archived ? 'unarchive' : 'archive'];
  return kind === 'channel' ? [...settings, followed ? 'unfollow' : 'follow', 'leave'] : [...settings, 'hide'];
}

/**
 * The change of the user's settings that an action needs.
 * @param {RowAction} action
 * @param {import('./room-list.js').Row} row
 * @param {number} [until] when a mute ends, in ms since 1970
 * @returns {import('../orleanschat.js').ConversationChanges | null} null if the action changes no settings
 */
export function changesOf(action, { kind, followed }, until = FOREVER) {
  const changes = {
    pin: { pinned: true },
    unpin: { pinned: false },
    mute: { muted: until },
    unmute: { muted: 0 },
    archive: { archived: true },
    unarchive: { archived: false },
    follow: { followed: true },
    unfollow: { followed: false },
    hide: { hidden: true },
    leave: followed ? { followed: false } : null,
  }[action] ?? null;
  const sets = action === 'pin' || action === 'mute' || action === 'archive';
  // The server lists only the channels that the user follows. So these actions also follow the channel.
  return sets && kind === 'channel' && !followed ? { ...changes, followed: true } : changes;
}

/** Carries out the actions on the rows of the list of rooms. */
export class RoomActions {
  #parts;

  /**
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {import('../orleanschat.js').Session} parts.session
   * @param {import('./room-list.js').RoomList} parts.list
   * @param {(name: string) => import('./conversation.js').Conversation | undefined} parts.conversation returns the
   *   conversation if the page has the room open
   * @param {(name: string) => void} parts.hidden called after the user hid a room
   * @param {(name: string) => void} parts.drop removes a room from the page
   * @param {() => void} parts.changed called when a row changed
   * @param {(text: string) => void} parts.notice
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * @param {RowAction} action
   * @param {import('./room-list.js').Row} row
   * @returns {Promise<void>} resolves when the action is done, was refused, or was cancelled
   */
  async act(action, row) {
    const { me, conversation, drop, hidden } = this.#parts;
    const { name } = row;
    const title = titleOf(name, me, row.title);
    const leaves = action === 'leave' || action === 'close';
    const waiting = conversation(name)?.room.sends.filter(({ status }) => status !== 'stored').length ?? 0;
    const question = action === 'mute' ? muteQuestion(title) : leaves && waiting > 0 ? unsentQuestion(title, waiting) : null;
    const answer = question ? await askToConfirm(question) : {};
    if (!answer) return;
    const changes = changesOf(action, row, answer.until);
    if (changes && !await this.change(row, changes, error => notDone(action, title, error.message)) && !leaves) return;
    if (leaves) drop(name);
    if (action === 'hide') hidden(name);
  }

  /**
   * Changes the user's settings of a room.
   * @param {{ name: string, kind: string | null }} row
   * @param {import('../orleanschat.js').ConversationChanges} changes
   * @param {(error: import('../orleanschat.js').ChatError) => string} sentence returns the notice to show if
   *   the server refuses the change
   * @returns {Promise<boolean>} whether the server stored the change
   */
  async change({ name, kind }, changes, sentence) {
    const { session, list, conversation, changed, notice } = this.#parts;
    try {
      await session.conversation(name, changes);
      list.changed({ name, kind, head: conversation(name)?.room.head ?? 0 }, changes);
      changed();
      return true;
    } catch (error) {
      notice(sentence(error));
      return false;
    }
  }
}
