import { newLinkCode } from './link-code.js';
import { RoomState } from './room-state.js';
import { Subscription } from './subscription.js';

/** Minimum interval between two `typing` commands, in ms. */
const TYPING_EVERY = 3000;

/** @typedef {import('./error.js').ChatError} ChatError */
/** @typedef {import('./types.js').Members} Members */
/** @typedef {import('./types.js').Page} Page */
/** @typedef {import('./types.js').Readers} Readers */
/** @typedef {import('./types.js').Reports} Reports */
/** @typedef {import('./types.js').Who} Who */

/**
 * A room as this user sees it: a cursor into the room's log, and the state of the room. `session.join` and
 * `session.resume` return a `Room`. The session also makes a `Room` when the server adds this connection to a room. A
 * `Room` stays in the session across connections, until `leave`. `Attachment` decides whether the client joins the room
 * or resumes it.
 */
export class Room extends RoomState {
  #session;
  #clock;
  #typedAt = -Infinity;

  /**
   * Only the session calls the constructor.
   * @param {import('./session.js').Session} session
   * @param {string} name
   * @param {Omit<import('./subscription.js').SubscriptionOptions, 'emit'>} options
   */
  constructor(session, name, options) {
    super();
    this.#session = session;
    this.#clock = options.clock;
    this.name = name;
    const emit = (event, value) => this.emit(event, value);
    this.subscription = new Subscription(session, name, { ...options, emit });
  }

  /**
   * Sends a message, an edit, a deletion or a reaction. The client retries the send, on later connections too, until
   * the server has stored or refused it. The server stores the sends of a room in the order of the calls.
   * @param {string | null} [text] the text; the emoji for `react` and `unreact`; none for `delete`
   * @param {object} [parts]
   * @param {'msg' | 'edit' | 'delete' | 'react' | 'unreact'} [parts.kind] by default `msg`
   * @param {number} [parts.ref] sequence of the message to change; required for all kinds except `msg`
   * @param {number} [parts.reply] sequence of the message that this message answers
   * @param {object} [parts.meta]
   * @param {string[]} [parts.mentions] the users that the message mentions, up to 20 user ids, or `@everyone`; only for
   *   `msg`
   * @returns {import('./sends.js').Send}
   * @throws {ChatError} `too_large` if 200 sends of this room are waiting
   */
  send(text, { kind, ref, reply, meta, mentions } = {}) {
    return this.#add({ kind: kind === 'msg' ? null : kind, text, ref: ref || null, reply: reply || null, meta, mentions: mentions?.length ? mentions : null });
  }

  /**
   * Changes the rights of a user in a group, the group's title or the group's settings. The client retries a change as
   * it retries a message. The server stores messages and changes in the order of the calls.
   * @param {'invite' | 'kick' | 'ban' | 'unban' | 'mute' | 'unmute' | 'role' | 'title' | 'settings'} kind
   * @param {import('./types.js').GroupChange} parts
   * @returns {import('./sends.js').Send}
   * @throws {ChatError} `too_large` if 200 sends of this room are waiting
   */
  change(kind, { user, role, until, title, settings }) {
    return this.#add({ kind, user, role, until, text: title, settings });
  }

  /**
   * Makes an invitation link for the group. Users who know its code can join with `session.join(name, { link: code })`.
   * The client retries the command like a message, with the same code. Only the caller of this method gets the code:
   * the server stores only a hash of it.
   * @param {object} [terms]
   * @param {number} [terms.uses] how many users may join by the link, 1 to 1000; by default any number
   * @param {number} [terms.until] when the link ends, in ms since 1970; by default it has no end
   * @returns {Promise<{ seq: number, code: string }>} `seq` is the argument of `unlink` for this link; rejects with a
   *   ChatError
   */
  async link({ uses, until } = {}) {
    const code = newLinkCode();
    const { seq } = await this.#store({ kind: 'link', code, uses, until });
    return { seq, code };
  }

  /**
   * Ends an invitation link.
   * @param {number} seq the sequence of the link's event
   * @returns {Promise<void>} resolves when the link has ended; rejects with a ChatError
   */
  async unlink(seq) {
    await this.#store({ kind: 'unlink', ref: seq });
  }

  /**
   * Adds a send that the browser stored during an earlier visit, with the same client id. If the send had not failed,
   * the client sends it.
   * @param {import('./sends.js').KeptSend} kept
   */
  restore(kept) {
    this.subscription.sends.restore(kept);
    this.resume();
  }

  /**
   * Sends a failed send again. Does nothing if the send has not failed.
   * @param {import('./sends.js').Send} send
   */
  retry(send) {
    this.subscription.sends.retry(send, this.#session.newId());
    this.resume();
  }

  /**
   * Drops a failed send. Does nothing if the send has not failed.
   * @param {import('./sends.js').Send} send
   */
  discard(send) {
    this.subscription.sends.discard(send);
  }

  /** Drops all sends, for example before `leave`. The server may still store a send that is in flight. */
  discardAll() {
    this.subscription.sends.discardAll();
  }

  /**
   * Reads a page of history. Give at most one of `before`, `after` and `around`; without any of them, the newest page
   * is read. With `thread`, the page has only the replies to one message.
   * @param {import('./types.js').HistoryQuery} [query]
   * @returns {Promise<Page>} rejects with a ChatError; `offline` if there is no connection
   */
  history(query = {}) {
    return this.subscription.history(query);
  }

  /**
   * Reads which users are in the room now.
   * @returns {Promise<Who>} rejects with a ChatError; `offline` if there is no connection
   */
  who() {
    return this.#session.request({ t: 'who', room: this.name });
  }

  /**
   * Reads the members of a group, and the users who are invited, muted or banned.
   * @param {object} [query]
   * @param {string} [query.after] only users after this user id, for the next page
   * @param {number} [query.limit] maximum number of users; at most 200, which is the default
   * @returns {Promise<Members>} rejects with a ChatError; `offline` if there is no connection
   */
  async members({ after, limit = 200 } = {}) {
    const take = this.subscription.standing.expectMembers(this.#session.user);
    const page = await this.#session.request({ t: 'members', room: this.name, after, limit });
    if (take(page)) this.emit('standing');
    return page;
  }

  /**
   * Reads who has read a message. Only for groups and direct conversations. In a direct conversation, the server names
   * nobody until both people have sent something. A read mark counts up to 1 s after it moved.
   * @param {number} seq sequence of the message
   * @returns {Promise<Readers>} rejects with a ChatError; `offline` if there is no connection
   */
  readers(seq) {
    return this.#session.request({ t: 'readers', room: this.name, ref: seq });
  }

  /**
   * Reports a message of another user to the moderators of the room.
   * @param {number} seq sequence of the message
   * @param {string} [text] the reason, up to 500 characters
   * @returns {Promise<void>} rejects with a ChatError; `offline` if there is no connection
   */
  async report(seq, text) {
    await this.#session.request({ t: 'report', room: this.name, ref: seq, text });
  }

  /**
   * Reads the newest reports of the room, newest first. Only for users who may moderate the group.
   * @param {{ limit?: number }} [page] `limit`: maximum number of reports, up to 100
   * @returns {Promise<Reports>} rejects with a ChatError; `offline` if there is no connection
   */
  reports({ limit = 100 } = {}) {
    return this.#session.request({ t: 'reports', room: this.name, limit });
  }

  /**
   * Removes all reports of a message. Only for users who may moderate the group.
   * @param {number} seq sequence of the message
   * @returns {Promise<void>} rejects with a ChatError; `offline` if there is no connection
   */
  async dismiss(seq) {
    await this.#session.request({ t: 'dismiss', room: this.name, ref: seq });
  }

  /**
   * Notifies the other users that this user is typing. Call it at every keystroke: it sends a command at most every 3
   * s.
   */
  typing() {
    const now = this.#clock.now();
    if (!this.attached || now - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = now;
    this.#session.tell({ t: 'typing', room: this.name });
  }

  /**
   * Moves the read mark forward. The mark is sent at most once per second.
   * @param {number} [seq] by default the cursor; a sequence that is not after the mark changes nothing
   */
  markRead(seq = this.seq ?? 0) {
    this.subscription.mark.move(seq);
  }

  /**
   * Joins the room, now or as soon as there is a connection. A join creates the room if it does not exist, and makes
   * this user a member if the room is a group. So call `enter` only after an action of the user, such as a click. If
   * the room is attached, the client sends nothing.
   * @param {{ last?: number, kind?: 'channel' | 'group', link?: string }} [wish] `last` is the number of past events to
   *   deliver first. `kind` is the kind of the room if the join creates it; if the room exists and has another kind,
   *   the server refuses the join with `conflict`. `link` is the code of an invitation link; a join with a link creates
   *   no room
   */
  enter(wish = {}) {
    this.subscription.enter(wish);
  }

  /** Enters the room again if it is `displaced`; otherwise does nothing. This never makes the user a member. */
  resume() {
    this.subscription.resume();
  }

  /**
   * Stops delivery and removes the room from the session. With `membership: false`, this method also ends the user's
   * membership of a group. This needs a connection. If there is no connection, or if the server refuses, the room stays
   * in the session.
   * @param {{ membership?: boolean }} [options]
   * @returns {Promise<void>} rejects with a ChatError if the server refuses the command, or with `offline` if the
   *   connection is lost before the answer
   */
  leave({ membership } = {}) {
    const left = this.#session.forget(this, membership === false);
    // Prevents an unhandled rejection if the caller ignores the promise.
    left.catch(() => {});
    return left;
  }

  /**
   * Updates the role, the title, the head, the read mark and the unread count from the room's entry in the list of
   * conversations. Does nothing if this client knows a newer event of the room. If the room is attached, updates only
   * the role and the title.
   * @param {import('./types.js').Listed} entry
   */
  listed(entry) {
    this.subscription.listed(entry);
  }

  /** Adds a send and waits until it is stored. If the send fails, drops it, because the caller gets the error. */
  async #store(parts) {
    const send = this.#add(parts);
    try {
      return await send.done;
    } catch (error) {
      this.discard(send);
      throw error;
    }
  }

  #add(parts) {
    const given = Object.entries(parts).filter(([, value]) => value !== undefined && value !== null);
    const id = this.#session.newId();
    const send = this.subscription.sends.add({ t: 'send', id, room: this.name, ...Object.fromEntries(given) });
    this.resume();
    return send;
  }
}
