import { Emitter } from './emitter.js';
import { ReadMark } from './read-mark.js';
import { Repair } from './repair.js';
import { Sends } from './sends.js';
import { Standing, endOf, endOfReason } from './standing.js';

/**
 * The epoch of a direct conversation without a message. A cursor with this epoch stays valid when the first message
 * creates the room.
 */
const NO_EPOCH = '0';

/** Minimum interval between two `typing` commands, in ms. */
const TYPING_EVERY = 3000;

/** Error codes of refusals after which the client does not request the room again on the next connection. */
const FINAL = new Set(['not_member', 'not_found', 'forbidden', 'conflict']);

/** Minimum delay before a room is requested again after a temporary refusal, in ms. */
const ASK_AGAIN = 2000;

/** Maximum wait for the answer to a cursor in `hello`, in ms. It exceeds the 15 s for which a gateway retries. */
const RESUMED_WITHIN = 20_000;

/** @typedef {import('./error.js').ChatError} ChatError */
/** @typedef {import('./types.js').ChatEvent} ChatEvent */
/** @typedef {import('./types.js').Members} Members */
/** @typedef {import('./types.js').Page} Page */
/** @typedef {import('./types.js').Presence} Presence */
/** @typedef {import('./types.js').RoomEvents} RoomEvents */
/** @typedef {import('./types.js').Who} Who */

/**
 * A room as this user sees it: a cursor into the room's log, and the state of the room. `session.join` and
 * `session.resume` create a room. The session also creates one when the server adds this connection to a room. A room
 * remains across connections until `leave`.
 *
 * A `join` command creates a room that does not exist, and makes this user a member of a group. Therefore the client
 * sends a join only after `enter`, and repeats it only until the server accepts it or refuses it for good. In all other
 * cases the client sends a resume, which creates no room and makes no member: after a lost connection, after a
 * temporary refusal, and after a send that the server refused as `not_member`.
 *
 * If the room does not exist, or if this user may not enter it, the room stays refused until `enter` is called. After
 * any other refusal, the client requests the room again on the next connection. There is one exception: if the
 * application joined a channel and the channel no longer exists, the client joins it again, because channels have no
 * members.
 * @extends {Emitter<RoomEvents>}
 */
export class Room extends Emitter {
  #session;
  #clock;
  #last;
  #require;
  #asked = false;
  #joins = false;
  #repair;
  #sends;
  #standing = new Standing();
  #askTimer = null;
  #typedAt = -Infinity;
  #mark;

  /**
   * The room's name as this user sees it: `lobby`, or `@bob`.
   * @type {string}
   */
  name;
  /**
   * The kind of the room; null until it is known.
   * @type {'channel' | 'group' | 'direct' | null}
   */
  kind = null;
  /**
   * The cursor: the sequence of the last event delivered, or of the end of the last gap reported. Null before the first
   * `joined`.
   * @type {number | null}
   */
  seq = null;
  /**
   * The epoch of the cursor. Null before the first `joined`.
   * @type {string | null}
   */
  epoch = null;
  /**
   * The newest sequence that this client knows of.
   * @type {number}
   */
  head = 0;
  /**
   * Number of users in the room now.
   * @type {number}
   */
  count = 0;
  /**
   * Whether the current connection delivers the room's events.
   * @type {boolean}
   */
  attached = false;
  /**
   * Whether the server removed the connection from this room because another room needed the place. The room's next
   * event, or `resume`, adds the connection again.
   * @type {boolean}
   */
  displaced = false;
  /**
   * Why the server refused the room; null if the room is not refused. On this connection, a refusal ends only by
   * `enter`, or if the server itself adds the connection to the room.
   * @type {ChatError | null}
   */
  refusal = null;

  /**
   * Called by the session only.
   * @param {import('./session.js').Session} session
   * @param {string} name
   * @param {object} options
   * @param {number} [options.last] number of past events to start with
   * @param {'channel' | 'group' | 'direct' | null} options.kind
   * @param {import('./session.js').Clock} options.clock
   * @param {number} options.maxFill widest gap that is filled from history, in events
   */
  constructor(session, name, { last, kind, clock, maxFill }) {
    super();
    this.#session = session;
    this.#clock = clock;
    this.#last = last;
    this.kind = kind;
    this.name = name;
    const room = this;
    this.#mark = new ReadMark({
      clock,
      transmit: read => this.attached && session.tell({ t: 'mark', room: name, read }),
      changed: () => this.emit('unread'),
    });
    this.#repair = new Repair({
      get seq() { return room.seq; },
      history: query => this.history(query),
      deliver: event => this.#deliver(event),
      receive: event => this.receive(event),
      skip: to => this.#skip(to),
      repairing: now => this.emit('repairing', now),
    }, clock, maxFill);
    this.#sends = new Sends({
      clock,
      transmit: command => session.request(command),
      ready: () => this.#awaitsFirstMessage ? session.state === 'online' : this.refusal ?? this.attached,
      changed: send => this.emit('send', send),
      rejoin: () => {
        this.attached = false;
        this.#enter();
      },
      cursor: () => this.seq,
    });
  }

  /**
   * The sends of this user whose events have not arrived yet, oldest first.
   * @returns {import('./sends.js').Send[]}
   */
  get sends() {
    return this.#sends.list;
  }

  /**
   * This user's read mark: the sequence up to which the user has read.
   * @returns {number}
   */
  get read() {
    return this.#mark.read;
  }

  /**
   * Number of unread messages: the server's count, plus the messages of other users that arrived after that count.
   * @returns {number}
   */
  get unread() {
    return this.#mark.unread;
  }

  /**
   * This user's role in a group; null if the user is not a member, or if the role is not known.
   * @returns {import('./types.js').MemberRole | 'invited' | null}
   */
  get role() {
    return this.#standing.role;
  }

  /**
   * The title of a group; null if it has none, or if it is not known.
   * @returns {string | null}
   */
  get title() {
    return this.#standing.title;
  }

  /**
   * When this user's mute ends, in ms since 1970; `FOREVER` if it has no end; 0 if the user is not muted. The value is
   * known from the events, and from the answer to `members` that contains this user.
   * @returns {number}
   */
  get mutedUntil() {
    return this.#standing.mutedUntil;
  }

  /**
   * Sends a message, an edit, a deletion or a reaction. The client retries it, on later connections too, until the
   * server has stored or refused it. The sends of a room are stored in the order of the calls.
   * @param {string | null} [text] the text; the emoji for `react` and `unreact`; none for `delete`
   * @param {object} [parts]
   * @param {'msg' | 'edit' | 'delete' | 'react' | 'unreact'} [parts.kind] by default `msg`
   * @param {number} [parts.ref] sequence of the message to change; required for all kinds except `msg`
   * @param {number} [parts.reply] sequence of the message that this message answers
   * @param {object} [parts.meta]
   * @returns {import('./sends.js').Send}
   * @throws {ChatError} `too_large` if 200 sends of this room are waiting
   */
  send(text, { kind, ref, reply, meta } = {}) {
    return this.#add({ kind: kind === 'msg' ? null : kind, text, ref: ref || null, reply: reply || null, meta });
  }

  /**
   * Changes the rights of a user in a group, or the group's title. The client retries the change like a message, in the
   * order of the calls.
   * @param {'invite' | 'kick' | 'ban' | 'unban' | 'mute' | 'unmute' | 'role' | 'title'} kind
   * @param {object} parts
   * @param {string} [parts.user] required for all kinds except `title`
   * @param {import('./types.js').MemberRole} [parts.role] required for `role`
   * @param {number} [parts.until] for `ban` and `mute`: when it ends, in ms since 1970; by default it has no end
   * @param {string} [parts.title] required for `title`: 1 to 100 characters
   * @returns {import('./sends.js').Send}
   * @throws {ChatError} `too_large` if 200 sends of this room are waiting
   */
  change(kind, { user, role, until, title }) {
    return this.#add({ kind, user, role, until, text: title });
  }

  /**
   * Adds a send of an earlier visit, with its client id. The client sends it, unless it is a failed send.
   * @param {import('./sends.js').KeptSend} kept
   */
  restore(kept) {
    this.#sends.restore(kept);
    this.resume();
  }

  /**
   * Sends a failed send again. Does nothing if the send has not failed.
   * @param {import('./sends.js').Send} send
   */
  retry(send) {
    this.#sends.retry(send, this.#session.newId());
    this.resume();
  }

  /**
   * Drops a failed send. Does nothing if the send has not failed.
   * @param {import('./sends.js').Send} send
   */
  discard(send) {
    this.#sends.discard(send);
  }

  /** Drops all sends, for example before `leave`. The server may still store a send that is in flight. */
  discardAll() {
    this.#sends.discardAll();
  }

  /**
   * Reads a page of history. Give at most one of `before`, `after` and `around`; without any of them, the newest page
   * is read.
   * @param {object} [query]
   * @param {number} [query.before] the newest events below this sequence
   * @param {number} [query.after] the oldest events above this sequence
   * @param {number} [query.around] the events around this sequence
   * @param {number} [query.limit] maximum number of events; at most the service's limit `history_events`
   * @returns {Promise<Page>} rejects with a ChatError; `offline` if there is no connection
   */
  history({ before, after, around, limit = 100 } = {}) {
    const most = this.#session.limits?.history_events ?? 100;
    return this.#session.request({ t: 'history', room: this.name, before, after, around, limit: Math.min(limit, most) });
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
    const take = this.#standing.expectMembers(this.#session.user);
    const page = await this.#session.request({ t: 'members', room: this.name, after, limit });
    if (take(page)) this.emit('standing');
    return page;
  }

  /** Notifies the others that this user is typing. Call it at every key: it sends at most one command per 3 s. */
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
    this.#mark.move(seq);
  }

  /**
   * Joins the room, now or as soon as there is a connection. A join creates a room that does not exist, and makes the
   * user a member of a group. So call `enter` only if a person asked for the room. If the room is attached, nothing is
   * sent.
   * @param {{ last?: number, kind?: 'channel' | 'group' }} [wish] `last`: number of past events to start with; `kind`:
   *   the kind of the room if the join creates it. If the room exists and has another kind, the server refuses the join
   *   with `conflict`
   */
  enter({ last, kind } = {}) {
    this.#last = last ?? this.#last;
    this.#require = kind ?? this.#require;
    this.#asked = true;
    // A pending join is repeated until the server accepts or refuses it.
    if (this.attached || this.#joins) return;
    this.#joins = true;
    this.refusal = null;
    if (this.#session.state === 'online') this.#enter();
  }

  /**
   * Stops delivery and removes the room from the session. With `membership: false` it also ends this user's membership
   * of a group. Ending a membership needs a connection. If there is none, or if the server refuses, the room stays.
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

  // Only the session calls the members below. Applications do not.

  /**
   * The cursor to resume from. Null if there is none yet, if the room is refused, or if a join is pending.
   * @returns {{ seq: number, epoch: string | null } | null}
   */
  get cursor() {
    return this.seq === null || this.refusal || this.#joins ? null : { seq: this.seq, epoch: this.epoch };
  }

  /**
   * The session is online.
   * @param {boolean} carried whether `hello` contained this room's cursor. If so, the server answers without a `join`;
   *   if there is no answer within 20 s, the client requests the room
   */
  begin(carried) {
    if (this.refusal && !FINAL.has(this.refusal.code)) this.refusal = null;
    if (carried) this.#later(RESUMED_WITHIN);
    else if (!this.refusal) this.#enter();
    else this.#sends.resume();
  }

  /** The connection is lost, or the room was left. */
  detach() {
    this.attached = false;
    this.#repair.abort();
    this.#mark.stop();
    this.#stopAsking();
  }

  /**
   * Processes `joined`: delivery starts.
   * @param {any} frame as the server sent it
   */
  joined(frame) {
    const first = this.seq === null;
    const reset = !first && (frame.reset === true || (frame.epoch !== this.epoch && this.epoch !== NO_EPOCH));
    this.#stopAsking();
    this.attached = true;
    this.displaced = false;
    this.refusal = null;
    this.#joins = false;
    this.kind = frame.kind ?? this.kind;
    this.#standing.take(frame);
    if (reset) this.#standing.mutedUntil = 0;
    this.epoch = frame.epoch;
    this.count = frame.count ?? this.count;
    if (first || reset) {
      this.#repair.abort();
      this.seq = frame.after;
      this.head = frame.seq;
    }
    this.head = Math.max(this.head, frame.seq);
    this.#mark.joined(frame, first || reset);
    if (reset) this.emit('reset');
    this.#mark.settle();
    this.emit('joined', { reset, first });
    if (frame.after > this.seq) this.#repair.fill(frame.after);
    this.#sends.seen(this.seq);
    this.#sends.resume();
  }

  /**
   * Processes a refusal: the answer to a cursor or a join, or the end of a membership.
   * @param {ChatError} error
   */
  refused(error) {
    this.#stopAsking();
    this.attached = false;
    if (error.passing) {
      this.emit('refused', error);
      this.#later(Math.max(error.retry ?? 0, ASK_AGAIN));
    } else if (error.code === 'not_found' && this.#asked && !this.#joins && this.kind === 'channel') {
      this.#require = 'channel';
      this.#joins = true;
      this.#enter();
    } else {
      this.#repair.abort();
      this.#joins = false;
      this.refusal = error;
      this.emit('refused', error);
      this.#sends.resume();
    }
  }

  /**
   * Processes an event: delivers it, buffers it during a repair, or drops it if it was delivered before.
   * @param {ChatEvent} event
   */
  receive(event) {
    if (this.seq === null || event.seq <= this.seq) return;
    this.head = Math.max(this.head, event.seq);
    if (this.#repair.active) return this.#repair.hold(event);
    if (event.seq === this.seq + 1) return this.#deliver(event);
    this.#repair.hold(event);
    this.#repair.fill(event.seq - 1);
  }

  /**
   * Processes `gap`: the server does not push the events up to `to`.
   * @param {{ to: number }} frame
   */
  gap({ to }) {
    if (this.seq !== null) this.#repair.fill(to);
  }

  /**
   * Processes `left`: the server removed the connection from the room. If the reason is `displaced`, the room's next
   * event adds the connection again; `resume` does so at once. After `kicked` and `banned` the room is refused.
   * @param {{ reason: string }} frame
   */
  left(frame) {
    this.attached = false;
    this.displaced = frame.reason === 'displaced';
    this.#repair.abort();
    const end = endOfReason(frame.reason);
    if (end) {
      this.#standing.take({ title: this.title });
      if (!this.refusal) this.refused(end);
    }
    this.emit('left', frame);
    if (this.sends.some(send => send.status === 'pending')) this.resume();
  }

  /** Enters a displaced room again, without making the user a member of a group. */
  resume() {
    if (!this.displaced || this.attached || this.#joins || this.#session.state !== 'online') return;
    this.displaced = false;
    this.#enter();
  }

  /**
   * Takes the role, the title and the counts from the room's entry in the list of conversations. Does nothing if this
   * client knows a newer event of the room. If the room is attached, only the role and the title are taken.
   * @param {import('./types.js').Listed} entry
   */
  listed({ seq, read, unread, role, title }) {
    if (seq < this.head) return;
    this.#standing.take({ role, title });
    this.emit('standing');
    if (this.attached) return;
    this.head = seq;
    this.#mark.listed({ seq, read, unread });
  }

  /** @param {Presence} frame */
  presence(frame) {
    if (Number.isInteger(frame.count)) this.count = frame.count;
    this.emit('presence', frame);
  }

  /**
   * Processes `mark`: a user's read mark moved. Marks of other users are ignored.
   * @param {{ user: string, read: number }} frame
   */
  marked({ user, read }) {
    if (user === this.#session.user) this.#mark.toRead(read);
  }

  /** Whether this is a direct conversation that does not exist yet. Its first message creates it; no join is needed. */
  get #awaitsFirstMessage() {
    return this.name.startsWith('@') && this.refusal?.code === 'not_found';
  }

  #add(parts) {
    const given = Object.entries(parts).filter(([, value]) => value !== undefined && value !== null);
    const send = this.#sends.add({ t: 'send', id: this.#session.newId(), room: this.name, ...Object.fromEntries(given) });
    this.resume();
    return send;
  }

  /** Sends a join or a resume. */
  #enter() {
    this.#stopAsking();
    const from = this.seq === null ? { last: this.#last } : { after: this.seq, epoch: this.epoch };
    const how = this.#joins ? { kind: this.#require } : { resume: true };
    // The session passes a `joined` to the method `joined`, so only errors are handled here.
    this.#session.request({ t: 'join', room: this.name, ...from, ...how }).catch(error => {
      if (error.code !== 'offline' && !this.attached) this.refused(error);
    });
  }

  #later(delay) {
    this.#askTimer = this.#clock.setTimeout(() => {
      this.#askTimer = null;
      this.#enter();
    }, delay);
  }

  #stopAsking() {
    if (this.#askTimer !== null) this.#clock.clearTimeout(this.#askTimer);
    this.#askTimer = null;
  }

  #deliver(event) {
    this.seq = event.seq;
    this.head = Math.max(this.head, event.seq);
    const own = event.from === this.#session.user;
    if (own && event.id) this.#sends.confirm(event.id, event.seq, event.ts);
    this.emit('event', event);
    this.#sends.seen(this.seq);
    // An event up to the head in `joined` belongs to an earlier membership.
    const isNew = event.seq > this.#mark.countedAt;
    if (this.#standing.apply(event, this.#session.user, isNew)) this.emit('standing');
    const end = isNew && endOf(event, this.#session.user);
    if (end) this.refused(end);
    if (event.kind === 'msg' && !own) this.#mark.count(event.seq);
  }

  #skip(to) {
    const from = this.seq + 1;
    this.seq = to;
    this.head = Math.max(this.head, to);
    this.emit('gap', { from, to });
    this.#sends.seen(to);
  }
}
