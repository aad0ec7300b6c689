import { isDirect } from './names.js';
import { inForce } from './rights.js';

/**
 * A row of the list of rooms.
 * @typedef {object} Row
 * @property {string} name
 * @property {'channel' | 'group' | 'direct' | null} kind
 * @property {string | null} title
 * @property {number} unread
 * @property {number} mentions how many of the unread messages mention the user or everyone
 * @property {import('../orleanschat.js').LastEvent | null} last the newest event
 * @property {boolean} pinned
 * @property {boolean} archived
 * @property {boolean} muted
 * @property {boolean} followed
 * @property {boolean} exists whether the user can change the row's settings: the room exists, and the user may read it
 */

/**
 * The rows of the list of rooms: the conversations that the server lists for the user, and the rooms that this page has
 * open. The server stores the user's settings of a row, so all devices of the user show the same settings.
 */
export class RoomList {
  /** The entries of the server's list. The key is the room's name. */
  #entries = new Map();
  /** For each hidden room, the newest sequence that it had when the user hid it. The key is the room's name. */
  #hidden = new Map();

  /** The rooms that the user left on this connection. A list that was requested earlier may still contain them. */
  #left = new Set();

  /** The server's entry of a room; undefined if there is none. */
  get(name) {
    return this.#entries.get(name);
  }

  /**
   * Copies the conversations from the server's list. Invitations are skipped.
   * @param {import('../orleanschat.js').Listed[]} entries newest first
   * @param {boolean} whole whether these are all conversations of the user. If so, other conversations are removed
   * @param {(name: string) => number} [headOf] returns the newest sequence of a room, as far as the page knows it
   */
  listed(entries, whole, headOf = () => 0) {
    if (whole) {
      const now = new Set(entries.map(({ room }) => room));
      this.removed([...this.#entries.keys()].filter(name => !now.has(name)), headOf);
    }
    for (const entry of entries) if (entry.role !== 'invited' && !this.#left.has(entry.room)) this.#entries.set(entry.room, entry);
  }

  /**
   * Removes rooms that the server does not list any more.
   * @param {string[]} names
   * @param {(name: string) => number} headOf as for `listed`
   */
  removed(names, headOf) {
    for (const name of names) {
      const entry = this.#entries.get(name);
      // The user hid or left the conversation, perhaps on another device. The list keeps a channel that the page has
      // open.
      if (entry && entry.kind !== 'channel') this.#hidden.set(name, Math.max(entry.seq, headOf(name)));
      this.#entries.delete(name);
    }
  }

  /**
   * Applies a change that the server has stored.
   * @param {import('../orleanschat.js').Room | { name: string, kind: string | null, head: number }} room
   * @param {import('../orleanschat.js').ConversationChanges} changes
   */
  changed({ name, kind, head }, { hidden, ...settings }) {
    if (hidden === true) this.#hidden.set(name, Math.max(head, this.#entries.get(name)?.seq ?? 0));
    if (hidden === false) this.#hidden.delete(name);
    if (settings.followed === false) this.#entries.delete(name);
    else if (Object.keys(settings).length > 0) {
      this.#entries.set(name, { room: name, kind, seq: head, ts: 0, read: 0, unread: 0, ...this.#entries.get(name), ...settings });
    }
  }

  left(name) {
    this.#entries.delete(name);
    this.#left.add(name);
  }

  opened(name) {
    this.#left.delete(name);
  }

  connected() {
    this.#left.clear();
  }

  /**
   * Whether the list omits the room: the user hid it, and it has had no event since then.
   * @param {string} name
   * @param {number} [head] the room's newest sequence, as far as the page knows it
   */
  isHidden(name, head = 0) {
    return this.#hidden.has(name) && Math.max(head, this.#entries.get(name)?.seq ?? 0) <= this.#hidden.get(name);
  }

  /**
   * The rows of each section of the list. In a section, the room with the newest event is first.
   * @param {Iterable<import('./conversation.js').Conversation>} open the conversations that this page has open
   * @param {number} now
   * @returns {{ pinned: Row[], rooms: Row[], direct: Row[], archived: Row[] }}
   */
  rows(open, now) {
    const held = new Map([...open].map(conversation => [conversation.room.name, conversation]));
    const names = [...new Set([...held.keys(), ...this.#entries.keys()])];
    const rows = names.filter(name => !this.isHidden(name, held.get(name)?.room.head)).map(name => this.#row(name, held.get(name), now));
    rows.sort((a, b) => b.ts - a.ts);
    const shelf = { pinned: [], rooms: [], direct: [], archived: [] };
    for (const { ts, ...row } of rows) {
      shelf[row.archived ? 'archived' : row.pinned ? 'pinned' : isDirect(row.name) ? 'direct' : 'rooms'].push(row);
    }
    return shelf;
  }

  #row(name, conversation, now) {
    const room = conversation?.room;
    const entry = this.#entries.get(name);
    const last = newest(entry?.last, conversation?.last);
    return {
      name, last,
      kind: room?.kind ?? entry?.kind ?? null,
      title: room?.title ?? entry?.title ?? null,
      unread: room ? room.unread : entry.unread,
      mentions: (room ? room.mentions : entry.mentions) ?? 0,
      pinned: entry?.pinned === true,
      archived: entry?.archived === true,
      muted: inForce(entry?.muted, now),
      followed: entry?.followed === true,
      exists: room?.refusal ? false : entry !== undefined || (room.attached && room.head > 0),
      ts: last?.ts ?? entry?.ts ?? 0,
    };
  }
}

function newest(listed, delivered) {
  if (!listed || !delivered) return listed ?? delivered ?? null;
  return delivered.seq >= listed.seq ? delivered : listed;
}
