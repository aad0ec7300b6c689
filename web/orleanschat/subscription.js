import { Attachment } from './attachment.js';
import { ReadMark } from './read-mark.js';
import { Repair } from './repair.js';
import { Sends } from './sends.js';
import { Standing, endOf, endOfReason } from './standing.js';

/**
 * The epoch of a direct conversation without a message. A cursor with this epoch stays valid when the first message
 * creates the room.
 */
const NO_EPOCH = '0';

/** @typedef {import('./error.js').ChatError} ChatError */
/** @typedef {import('./types.js').ChatEvent} ChatEvent */

/**
 * @typedef {object} SubscriptionOptions
 * @property {number} [last] number of past events to deliver first
 * @property {'channel' | 'group' | 'direct' | null} kind
 * @property {import('./clock.js').Clock} clock
 * @property {number} maxFill widest gap that is filled from history, in events
 * @property {(name: keyof import('./types.js').RoomEvents & string, value?: any) => void} emit emits an event of the
 *   room
 */

/**
 * Delivers the events of one room, each once and in order, and holds the room's cursor and state. The session passes
 * the room's frames to this class. Applications use `Room`, which documents the fields that both classes have.
 */
export class Subscription {
  #session;
  #name;
  #emit;
  #attachment;
  #repair;

  /** @type {'channel' | 'group' | 'direct' | null} */
  kind;
  /** @type {number | null} */
  seq = null;
  /** @type {string | null} */
  epoch = null;
  /** @type {number} */
  head = 0;
  /** @type {number} */
  count = 0;
  /** This user's sends whose events have not arrived yet. */
  sends;
  /** This user's read mark. */
  mark;
  /** This user's rights in a group, and the group's title and settings. */
  standing = new Standing();

  /**
   * @param {import('./session.js').Session} session
   * @param {string} name the room's name
   * @param {SubscriptionOptions} options
   */
  constructor(session, name, { last, kind, clock, maxFill, emit }) {
    this.#session = session;
    this.#name = name;
    this.#emit = emit;
    this.kind = kind;
    this.#attachment = new Attachment({ clock, last, again: () => this.#request() });
    this.mark = new ReadMark({
      clock,
      transmit: read => this.attached && session.tell({ t: 'mark', room: name, read }),
      changed: () => emit('unread'),
    });
    const subscription = this;
    this.#repair = new Repair({
      get seq() { return subscription.seq; },
      history: query => this.history(query),
      deliver: event => this.#deliver(event),
      receive: event => this.receive(event),
      skip: to => this.#skip(to),
      repairing: now => emit('repairing', now),
    }, clock, maxFill);
    this.sends = new Sends({
      clock,
      transmit: command => session.request(command),
      ready: () => this.#awaitsFirstMessage ? session.state === 'online' : this.refusal ?? this.attached,
      changed: send => emit('send', send),
      rejoin: () => {
        this.#attachment.detach();
        this.#request();
      },
      cursor: () => this.seq,
    });
  }

  get attached() {
    return this.#attachment.attached;
  }

  get displaced() {
    return this.#attachment.displaced;
  }

  get refusal() {
    return this.#attachment.refusal;
  }

  /** The cursor to resume from. Null if there is none yet, if the room is refused, or if a join is pending. */
  get cursor() {
    if (this.seq === null || this.refusal || this.#attachment.joins) return null;
    return { seq: this.seq, epoch: this.epoch };
  }

  /**
   * Implements `room.history`.
   * @param {{ before?: number, after?: number, around?: number, thread?: number, limit?: number }} query
   * @returns {Promise<import('./types.js').Page>}
   */
  history({ before, after, around, thread, limit = 100 }) {
    const most = this.#session.limits?.history_events ?? 100;
    limit = Math.min(limit, most);
    return this.#session.request({ t: 'history', room: this.#name, before, after, around, thread, limit });
  }

  /**
   * Implements `room.enter`.
   * @param {{ last?: number, kind?: 'channel' | 'group', link?: string }} wish
   */
  enter(wish) {
    if (this.#attachment.enter(wish) && this.#session.state === 'online') this.#request();
  }

  /** Implements `room.resume`. */
  resume() {
    if (this.#session.state === 'online' && this.#attachment.resume()) this.#request();
  }

  /**
   * Called when the session is online.
   * @param {boolean} carried whether `hello` contained this room's cursor
   */
  begin(carried) {
    if (this.#attachment.begin(carried)) this.#request();
    else if (!carried) this.sends.resume();
  }

  /** Called when the connection is lost, or when the application leaves the room. */
  detach() {
    this.#attachment.detach();
    this.#repair.abort();
    this.mark.stop();
  }

  /**
   * Processes `joined`: delivery starts.
   * @param {any} frame as the server sent it
   */
  joined(frame) {
    const first = this.seq === null;
    const reset = !first && (frame.reset === true || (frame.epoch !== this.epoch && this.epoch !== NO_EPOCH));
    this.#attachment.attach();
    this.kind = frame.kind ?? this.kind;
    this.standing.joined(frame);
    if (reset) this.standing.mutedUntil = 0;
    this.epoch = frame.epoch;
    this.count = frame.count ?? this.count;
    if (first || reset) {
      this.#repair.abort();
      this.seq = frame.after;
      this.head = frame.seq;
    }
    this.head = Math.max(this.head, frame.seq);
    this.mark.joined(frame, first || reset);
    if (reset) this.#emit('reset');
    this.mark.settle();
    this.#emit('joined', { reset, first });
    if (frame.after > this.seq) this.#repair.fill(frame.after);
    this.sends.seen(this.seq);
    this.sends.resume();
  }

  /**
   * Processes a refusal of the room: the server refused a cursor, a resume or a join, or this user's membership ended.
   * @param {ChatError} error
   */
  refused(error) {
    this.#attachment.detach();
    if (error.passing) {
      this.#emit('refused', error);
      this.#attachment.askLater(error.retry);
    } else if (this.#attachment.joinAgain(error, this.kind)) {
      this.#request();
    } else {
      this.#repair.abort();
      this.#attachment.refuse(error);
      this.#emit('refused', error);
      this.sends.resume();
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
   * Processes `gap`: the server does not push the events up to `to`, so the client reads them from history or reports a
   * gap.
   * @param {{ to: number }} frame
   */
  gap({ to }) {
    if (this.seq !== null) this.#repair.fill(to);
  }

  /**
   * Processes `left`: the server removed the connection from the room. If the reason is `displaced`, the server adds
   * the connection again at the room's next event, or at once after `resume`. If the reason is `kicked` or `banned`,
   * the room is refused from now on.
   * @param {{ reason: string }} frame
   */
  left(frame) {
    this.#attachment.left(frame.reason);
    this.#repair.abort();
    const end = endOfReason(frame.reason);
    if (end) {
      this.standing.take({ title: this.standing.title });
      if (!this.refusal) this.refused(end);
    }
    this.#emit('left', frame);
    if (this.sends.list.some(send => send.status === 'pending')) this.resume();
  }

  /**
   * Implements `room.listed`.
   * @param {import('./types.js').Listed} entry
   */
  listed({ seq, read, unread, mentions, role, title }) {
    if (seq < this.head) return;
    this.standing.take({ role, title });
    this.#emit('standing');
    if (this.attached) return;
    this.head = seq;
    this.mark.listed({ seq, read, unread, mentions });
  }

  /** @param {import('./types.js').Presence} frame */
  presence(frame) {
    if (Number.isInteger(frame.count)) this.count = frame.count;
    this.#emit('presence', frame);
  }

  /** @param {{ room: string, user: string }} frame */
  typing(frame) {
    this.#emit('typing', frame);
  }

  /**
   * Processes `mark`: a user's read mark moved. Marks of other users are ignored.
   * @param {{ user: string, read: number }} frame
   */
  marked({ user, read }) {
    if (user === this.#session.user) this.mark.toRead(read);
  }

  /** Whether this is a direct conversation that does not exist yet. Its first message creates it; no join is needed. */
  get #awaitsFirstMessage() {
    return this.#name.startsWith('@') && this.refusal?.code === 'not_found';
  }

  /** Sends a join or a resume. */
  #request() {
    const command = { t: 'join', room: this.#name, ...this.#attachment.request(this.seq, this.epoch) };
    // The session passes a `joined` to the method `joined`, so only errors are handled here.
    this.#session.request(command).catch(error => {
      if (error.code !== 'offline' && !this.attached) this.refused(error);
    });
  }

  #deliver(event) {
    this.seq = event.seq;
    this.head = Math.max(this.head, event.seq);
    const own = event.from === this.#session.user;
    if (own && event.id) this.sends.confirm(event.id, event.seq, event.ts);
    this.#emit('event', event);
    this.sends.seen(this.seq);
    // The last `joined` reflects all events up to the head that it names, so these events are not new. If one of them
    // ended the user's membership, the user has joined again since then.
    const isNew = event.seq > this.mark.countedAt;
    if (this.standing.apply(event, this.#session.user, isNew)) this.#emit('standing');
    const end = isNew && endOf(event, this.#session.user);
    if (end) this.refused(end);
    // A message without text was deleted after it was sent.
    if (event.kind === 'msg' && !own && event.text !== undefined) this.mark.count(event.seq, mentions(event, this.#session.user));
    if (event.kind === 'delete' && isNew) this.mark.deleted(event.ref, own);
  }

  #skip(to) {
    const from = this.seq + 1;
    this.seq = to;
    this.head = Math.max(this.head, to);
    this.#emit('gap', { from, to });
    this.sends.seen(to);
  }
}

/** Whether a message mentions the user or everyone. */
function mentions(event, user) {
  return event.mentions?.some(name => name === user || name === '@everyone') === true;
}
