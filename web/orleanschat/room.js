import { Emitter } from './emitter.js';
import { Repair } from './repair.js';
import { Sends } from './sends.js';

/** Shortest time between two `typing`, in ms. */
const TYPING_EVERY = 3000;

/** Shortest time between two `mark`, in ms. */
const MARK_EVERY = 1000;

/** Pause before a join that was refused for the moment is tried again, in ms, where the server names none. */
const JOIN_AGAIN = 2000;

/**
 * A room as this user sees it: a cursor into its log, and the state around it. Made by `session.join`, or by the server where somebody wrote to this
 * user; it stays across connections until `leave`.
 *
 * Emits `joined` {reset, first} · `reset` (forget every event) · `event` (each once, ascending) · `gap` {from, to} (not delivered; history may have
 * them) · `repairing` true or false · `send` (a send that changed) · `presence` · `typing` {user} · `unread` · `refused` (the error of a join).
 */
export class Room extends Emitter {
  #session;
  #clock;
  #wish;
  #repair;
  #sends;
  #rejoinTimer = null;
  #typedAt = -Infinity;
  #markTimer = null;
  #markSent = 0;
  #base = { seq: 0, unread: 0 };
  #fresh = [];

  /** The viewer's own name for it: `lobby`, or `@bob`. */
  name;
  /** `channel`, `group` or `direct`; null before the first joined. */
  kind = null;
  /** The cursor: the last sequence delivered; null before the first joined. */
  seq = null;
  epoch = null;
  /** The newest sequence known to exist. */
  head = 0;
  /** This user's read mark. */
  read = 0;
  /** Users attached now. */
  count = 0;
  /** Whether events flow on the present connection. */
  attached = false;

  constructor(session, name, { wish = {}, clock, maxFill }) {
    super();
    this.#session = session;
    this.#clock = clock;
    this.#wish = wish;
    this.name = name;
    const room = this;
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
      ready: () => this.attached,
      changed: send => this.emit('send', send),
      rejoin: () => {
        this.attached = false;
        this.#enter();
      },
    });
  }

  /** What this user said here and has not come back as an event: {id, command, status, error}, oldest first. */
  get sends() {
    return this.#sends.list;
  }

  /** Messages of others after the read mark. */
  get unread() {
    return this.#base.unread + this.#fresh.length;
  }

  /** Says something. The result is a send: its `status` changes, its `done` is a promise. */
  send(text, { kind, ref, reply, meta } = {}) {
    const command = { t: 'send', id: this.#session.newId(), room: this.name };
    if (kind && kind !== 'msg') command.kind = kind;
    if (text !== undefined && text !== null) command.text = text;
    if (ref) command.ref = ref;
    if (reply) command.reply = reply;
    if (meta) command.meta = meta;
    return this.#sends.add(command);
  }

  retry(send) {
    this.#sends.retry(send, this.#session.newId());
  }

  discard(send) {
    this.#sends.discard(send);
  }

  /** A page of the past: `before`, `after` or `around` a sequence; with none, the newest. Resolves to {events, first, last, more}. */
  history({ before, after, around, limit = 100 } = {}) {
    const most = this.#session.limits?.history_events ?? 100;
    return this.#session.request({ t: 'history', room: this.name, before, after, around, limit: Math.min(limit, most) });
  }

  /** Resolves to {count, users?}; names only where there are few enough. */
  who() {
    return this.#session.request({ t: 'who', room: this.name });
  }

  /** Tells the others; call it at every key, it goes out every three seconds at most. */
  typing() {
    const now = this.#clock.now();
    if (!this.attached || now - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = now;
    this.#session.tell({ t: 'typing', room: this.name });
  }

  /** Moves the read mark forward. */
  markRead(seq = this.seq ?? 0) {
    if (seq <= this.read) return;
    this.#readTo(seq);
    this.#markTimer ??= this.#clock.setTimeout(() => {
      this.#markTimer = null;
      this.#sendMark();
    }, MARK_EVERY);
  }

  /** Stops delivery; with `membership: false` gives up membership of a group too. The room is done with after this. */
  leave({ membership } = {}) {
    this.detach();
    this.#session.forget(this, membership === false ? { member: false } : {});
  }

  // From here on: what the session calls.

  /** The cursor to resume from, or null where there is none yet. */
  get cursor() {
    return this.seq === null ? null : { seq: this.seq, epoch: this.epoch };
  }

  /** A session began. A room that the hello carried is answered by itself; if it is not, it is asked for. */
  begin(carried) {
    if (carried) this.#later(5 * JOIN_AGAIN);
    else this.#enter();
  }

  detach() {
    this.attached = false;
    this.#repair.abort();
    for (const timer of [this.#rejoinTimer, this.#markTimer]) if (timer !== null) this.#clock.clearTimeout(timer);
    this.#rejoinTimer = this.#markTimer = null;
  }

  joined(frame) {
    const first = this.seq === null;
    const reset = !first && (frame.reset === true || frame.epoch !== this.epoch);
    if (this.#rejoinTimer !== null) this.#clock.clearTimeout(this.#rejoinTimer);
    this.#rejoinTimer = null;
    this.attached = true;
    this.kind = frame.kind ?? this.kind;
    this.epoch = frame.epoch;
    this.count = frame.count ?? this.count;
    if (first || reset) {
      this.#repair.abort();
      this.seq = frame.after;
      this.head = frame.seq;
      this.#markSent = this.read = frame.read ?? 0;
    }
    this.head = Math.max(this.head, frame.seq);
    this.#markSent = frame.read ?? this.#markSent;
    this.#base = { seq: frame.seq, unread: frame.unread ?? 0 };
    this.#fresh = [];
    if (reset) this.emit('reset');
    // A mark that was lost with the last connection goes out again; one set elsewhere counts here.
    if (this.read > this.#markSent) {
      this.#readTo(this.read);
      this.#sendMark();
    } else {
      this.#readTo(this.#markSent);
    }
    this.emit('joined', { reset, first });
    if (frame.after > this.seq) this.#repair.fill(frame.after);
    this.#sends.seen(this.seq);
    this.#sends.resume();
  }

  receive(event) {
    if (this.seq === null || event.seq <= this.seq) return;
    this.head = Math.max(this.head, event.seq);
    if (this.#repair.active) return this.#repair.hold(event);
    const before = event.prev ?? event.seq - 1;
    if (before <= this.seq) return this.#deliver(event);
    this.#repair.hold(event);
    this.#repair.fill(before);
  }

  gap({ to }) {
    if (this.seq !== null) this.#repair.fill(to);
  }

  presence(frame) {
    if (Number.isInteger(frame.count)) this.count = frame.count;
    this.emit('presence', frame);
  }

  marked({ user, read }) {
    if (user === this.#session.user) this.#readTo(read);
  }

  #enter() {
    if (this.#rejoinTimer !== null) this.#clock.clearTimeout(this.#rejoinTimer);
    this.#rejoinTimer = null;
    const from = this.seq === null ? this.#wish : { after: this.seq, epoch: this.epoch };
    // The answer itself reaches `joined` through the session, before the events that follow it.
    this.#session.request({ t: 'join', room: this.name, ...from }).catch(error => {
      if (error.code === 'offline') return;
      this.emit('refused', error);
      if (error.passing) this.#later(Math.max(error.retry ?? 0, JOIN_AGAIN));
      else this.#sends.refuse(error);
    });
  }

  #later(delay) {
    this.#rejoinTimer = this.#clock.setTimeout(() => {
      this.#rejoinTimer = null;
      this.#enter();
    }, delay);
  }

  #deliver(event) {
    this.seq = event.seq;
    this.head = Math.max(this.head, event.seq);
    const own = event.from === this.#session.user;
    if (own && event.id) this.#sends.confirm(event.id, event.seq, event.ts);
    this.emit('event', event);
    this.#sends.seen(this.seq);
    // The server's count already holds what it replays.
    if (event.kind === 'msg' && !own && event.seq > this.#base.seq && event.seq > this.read) {
      this.#fresh.push(event.seq);
      this.emit('unread');
    }
  }

  #skip(to) {
    const from = this.seq + 1;
    this.seq = to;
    this.head = Math.max(this.head, to);
    this.emit('gap', { from, to });
    this.#sends.seen(to);
  }

  #readTo(seq) {
    this.read = Math.max(this.read, seq);
    this.#fresh = this.#fresh.filter(each => each > this.read);
    if (this.read >= this.#base.seq) this.#base.unread = 0;
    this.emit('unread');
  }

  #sendMark() {
    if (this.attached && this.#session.tell({ t: 'mark', room: this.name, read: this.read })) this.#markSent = this.read;
  }
}
