import { CHANGES } from './group-text.js';

/** Maximum number of events in a window. */
export const MOST = 1000;

/** Number of events that remain when a window is trimmed. */
const KEPT = 800;

/** Kinds of events that change an earlier message. */
export const ABOUT = new Set(['edit', 'delete', 'react', 'unreact']);

/**
 * A message, or a change of a group, as the page shows it.
 * @typedef {object} Entry
 * @property {number} seq
 * @property {number} ts ms since 1970
 * @property {string} from
 * @property {string} kind `msg`, or the kind of a change
 * @property {string | null} text the latest text; null if the message was deleted; for `title`: the group's title
 * @property {string} [user] the user whom a change affects
 * @property {string} [role]
 * @property {number} [until] when a mute, a ban or an invitation link ends, in ms since 1970
 * @property {number} [uses] for `link`: how many users can join by the link
 * @property {number} [ref] for `join` and `unlink`: sequence of the event that made the invitation link
 * @property {import('../orleanschat.js').GroupSettings} [settings] for `settings`: the new settings
 * @property {boolean} edited
 * @property {boolean} deleted
 * @property {number} [reply] sequence of the message that this message answers
 * @property {number} replies number of messages that answer this message, without deleted ones
 * @property {string} [id] the client id; only on this user's own messages
 * @property {string[]} [mentions] the users that the message mentions, or `@everyone`
 * @property {number} asOf the sequence up to which the text includes all edits
 * @property {Map<string, string[]>} reactions for each emoji, the users who reacted with it
 */

/**
 * A bounded window onto a room's log, without gaps between the first and the last event of the window. Either the
 * window contains the newest event, or the window is detached: the user has scrolled far back. The page then reads
 * newer events from history again.
 */
export class Timeline {
  #events = [];
  /** Edits, deletions, reactions and replies that come after a detached window and are about messages in the window. */
  #later = [];

  detached = false;
  /** Whether the log has no events before the window. */
  atStart = false;

  get first() {
    return this.#events[0]?.seq ?? null;
  }

  get last() {
    return this.#events.at(-1)?.seq ?? null;
  }

  get size() {
    return this.#events.length;
  }

  /**
   * The users who sent the messages of the window.
   * @returns {Set<string>}
   */
  get authors() {
    return new Set(this.#events.filter(({ kind }) => kind === 'msg').map(({ from }) => from));
  }

  /**
   * Adds an event that the server pushed.
   * @param {import('../orleanschat.js').ChatEvent} event
   */
  push(event) {
    if (this.detached) {
      if (this.#isAboutWindow(event)) this.#later = [...this.#later, event].slice(-MOST);
    } else if (this.last === null || event.seq > this.last) {
      this.#events.push({ ...event, asOf: event.seq });
      if (event.seq === 1) this.atStart = true;
    }
  }

  /**
   * Adds a page of history that is adjacent to the window, before it or after it. Events that are in the window already
   * are skipped.
   * @param {import('../orleanschat.js').ChatEvent[]} events
   * @param {number} asOf the room's cursor when the page arrived: the page's texts include all edits up to this
   *   sequence
   */
  merge(events, asOf) {
    const older = events.filter(event => this.first === null || event.seq < this.first);
    const newer = this.first === null ? [] : events.filter(event => event.seq > this.last);
    const dated = event => ({ ...event, asOf: Math.max(asOf, event.seq) });
    this.#events = [...older.map(dated), ...this.#events, ...newer.map(dated)];
    if (this.first === 1) this.atStart = true;
  }

  clear() {
    this.#events = [];
    this.#later = [];
    this.detached = false;
    this.atStart = false;
  }

  /**
   * Drops the oldest events if there are too many. Call this method when the user reads the end of the window.
   * @param {number} [most] maximum number of events
   * @param {number} [kept] number of events that remain
   */
  trimOldest(most = MOST, kept = KEPT) {
    if (this.size <= most) return;
    this.#events = this.#events.slice(-kept);
    this.atStart = false;
  }

  /**
   * Drops the newest events if there are too many. Call this method when the user reads the beginning of the window.
   * The window is then detached.
   * @param {number} [most] maximum number of events
   * @param {number} [kept] number of events that remain
   */
  trimNewest(most = MOST, kept = KEPT) {
    if (this.size <= most) return;
    const gone = this.#events.slice(kept);
    this.#events = this.#events.slice(0, kept);
    this.detached = true;
    this.#later = [...gone, ...this.#later].filter(event => this.#isAboutWindow(event));
  }

  /**
   * The events of the window that a view of a thread needs: the message, its replies, and all changes of messages. If
   * the window is detached, replies are missing between the window and the newest events, so the result has no replies.
   * @param {number} seq sequence of the message
   * @returns {(import('../orleanschat.js').ChatEvent & { asOf: number })[]}
   */
  thread(seq) {
    return [...this.#events, ...this.#later]
      .filter(event => event.seq === seq || ABOUT.has(event.kind) || (!this.detached && event.kind === 'msg' && event.reply === seq));
  }

  /**
   * The messages with their latest texts and their reactions, and the changes of the group; oldest first.
   * @returns {Entry[]}
   */
  entries() {
    const entries = entriesOf([...this.#events, ...this.#later]);
    // If the window is detached, it does not contain all replies. Then the server's number helps.
    if (this.detached) for (const entry of entries) entry.replies = Math.max(entry.replies, entry.counted);
    return entries.filter(({ seq }) => seq <= this.last);
  }

  #isAboutWindow({ kind, ref, reply }) {
    return kind === 'delete' || (ABOUT.has(kind) && ref <= this.last) || (kind === 'msg' && reply <= this.last);
  }
}

/**
 * The messages with their latest texts, their reactions and their numbers of replies, and the changes of the group.
 * @param {(import('../orleanschat.js').ChatEvent & { asOf: number })[]} events in ascending order
 * @returns {(Entry & { counted: number })[]} `counted`: the server's number of replies, plus the later replies among the
 *   events
 */
export function entriesOf(events) {
  const entries = [];
  const bySeq = new Map();
  for (const event of events) {
    if (event.kind === 'msg' || CHANGES.has(event.kind)) {
      const { seq, ts, from, kind, reply, id, mentions, user, role, until, uses, ref, settings, asOf, text } = event;
      const entry = {
        seq, ts, from, kind, reply, id, mentions, user, role, until, uses, ref, settings, asOf, text: text ?? null, edited: event.edited === true,
        deleted: kind === 'msg' && (text === undefined || text === null), reactions: new Map(), replies: 0, counted: event.replies ?? 0,
      };
      entries.push(entry);
      bySeq.set(seq, entry);
      continue;
    }
    const about = bySeq.get(event.ref);
    if (about?.kind === 'msg') apply(event, about);
  }
  for (const { kind, reply, deleted, seq } of entries) {
    const answered = kind === 'msg' && !deleted ? bySeq.get(reply) : undefined;
    if (!answered) continue;
    answered.replies++;
    if (seq > answered.asOf) answered.counted++;
  }
  return entries;
}

function apply({ seq, kind, from, text }, about) {
  if (kind === 'delete') {
    about.deleted = true;
    about.text = null;
    about.mentions = undefined;
  } else if (kind === 'edit' && from === about.from && !about.deleted && seq > about.asOf) {
    about.edited = true;
    about.text = text;
  } else if (kind === 'react') {
    const users = about.reactions.get(text) ?? [];
    if (!users.includes(from)) about.reactions.set(text, [...users, from]);
  } else if (kind === 'unreact') {
    const users = (about.reactions.get(text) ?? []).filter(user => user !== from);
    if (users.length) about.reactions.set(text, users);
    else about.reactions.delete(text);
  }
}
