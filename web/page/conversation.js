import { Emitter } from '../orleanschat/emitter.js';
import { Timeline } from './timeline.js';

/** Events asked for at a time. */
const PAGE = 50;

/** Events kept of a room that nobody looks at. */
const KEPT_ASIDE = 200;

/** A typing notice fades after this, in ms. */
const TYPING_FADES = 6000;

/** Shortest time between two questions who is there, where only counts are told, in ms. */
const WHO_EVERY = 5000;

/** A pause before a history that failed is asked for again, in ms. */
const HISTORY_AGAIN = 3000;

/**
 * What this page knows of one room: its window of events, who is here, who types. It has no elements; whoever shows it listens to
 * `change` (events or sends), `people`, `typing` and `notice` (a sentence).
 */
export class Conversation extends Emitter {
  timeline = new Timeline();
  /** Whether a page of history is on its way: `older`, `newer` or null. */
  loading = null;
  /** Why the room cannot be entered, or null. */
  refused = null;
  /** Events that were passed over, since the last look. */
  missed = 0;
  /** Names, or null where there are too many to name. */
  people = new Set();
  repairing = false;
  /** Whether somebody looks at it, and reads above its end. */
  shown = false;
  readingAbove = false;
  /** Messages that came while the reader was above. */
  below = 0;
  draft = '';

  #typing = new Map();
  #whoAt = -Infinity;
  #whoTimer = null;
  #pausedUntil = 0;
  #era = 0;

  constructor(room, me) {
    super();
    this.room = room;
    this.me = me;
    room.on('joined', () => {
      this.refused = null;
      // The log is empty: there is nothing before what comes.
      if (room.head === 0) this.timeline.atStart = true;
      if (this.shown) this.askWho();
      this.emit('change');
    });
    room.on('event', event => this.#event(event));
    room.on('reset', () => this.#restart());
    room.on('gap', ({ from, to }) => {
      this.#restart();
      this.missed += to - from + 1;
    });
    room.on('repairing', now => {
      this.repairing = now;
      this.emit('change');
    });
    room.on('send', send => this.#sent(send));
    room.on('refused', error => {
      this.refused = error;
      this.emit('change');
    });
    room.on('presence', frame => this.#presence(frame));
    room.on('typing', ({ user }) => this.#types(user));
  }

  get typing() {
    return [...this.#typing.keys()];
  }

  /** Messages said here that are not events yet. */
  get sends() {
    return this.room.sends.filter(send => (send.command.kind ?? 'msg') === 'msg');
  }

  show(shown) {
    this.shown = shown;
    if (shown) {
      if (this.room.attached) this.askWho();
      return;
    }
    this.missed = 0;
    this.below = 0;
    this.readingAbove = false;
    if (this.timeline.detached) this.#restart();
    else this.timeline.trimOldest(KEPT_ASIDE, KEPT_ASIDE);
  }

  /** Reads what lies before the window; nothing happens where there is none, or where it is under way. */
  async loadOlder() {
    const { timeline, room } = this;
    if (timeline.atStart || !room.attached) return;
    await this.#load('older', async () => {
      const page = await room.history({ before: timeline.first ?? undefined, limit: PAGE });
      return () => {
        timeline.merge(page.events, room.seq);
        if (!page.more) timeline.atStart = true;
        timeline.trimNewest();
      };
    });
  }

  /** Reads what lies after a detached window. */
  async loadNewer() {
    const { timeline, room } = this;
    if (!timeline.detached || !room.attached) return;
    await this.#load('newer', async () => {
      const page = await room.history({ after: timeline.last, limit: PAGE });
      return () => {
        timeline.merge(page.events, room.seq);
        timeline.trimOldest();
        if (!page.more && timeline.last >= room.seq) timeline.detached = false;
      };
    });
  }

  /** Back to the newest, however far away. */
  toHead() {
    this.below = 0;
    if (!this.timeline.detached) return;
    this.#restart();
    this.loadOlder();
  }

  /** Whether the window is empty although the log is not, and nothing is on its way that would fill it. */
  get wants() {
    return this.room.attached && this.timeline.size === 0 && !this.timeline.atStart && !this.repairing && this.room.seq >= this.room.head;
  }

  async askWho() {
    this.#whoAt = performance.now();
    try {
      const { count, users } = await this.room.who();
      this.room.count = count;
      this.people = users ? new Set(users) : null;
      this.emit('people');
    } catch {
      // The next one who comes, or the next connection, asks again.
    }
  }

  async #load(which, read) {
    if (this.loading || performance.now() < this.#pausedUntil) return;
    const edgeNow = () => which === 'older' ? this.timeline.first : this.timeline.last;
    const [era, edge] = [this.#era, edgeNow()];
    this.loading = which;
    this.emit('change');
    try {
      const merge = await read();
      // Where the edge has moved meanwhile, this page would leave a hole; the next look asks again.
      if (era === this.#era && (edge === null || edge === edgeNow())) merge();
    } catch {
      this.#pausedUntil = performance.now() + HISTORY_AGAIN;
      setTimeout(() => this.emit('change'), HISTORY_AGAIN);
    } finally {
      this.loading = null;
      this.emit('change');
    }
  }

  #restart() {
    this.#era++;
    this.timeline.clear();
    this.emit('change');
  }

  #event(event) {
    this.timeline.push(event);
    if (this.#typing.has(event.from)) this.#stopsTyping(event.from);
    if (!this.shown) this.timeline.trimOldest(KEPT_ASIDE * 2, KEPT_ASIDE);
    else if (this.readingAbove) this.timeline.trimNewest();
    else this.timeline.trimOldest();
    if (event.kind === 'msg' && event.from !== this.me && this.readingAbove) this.below++;
    this.emit('change');
  }

  #sent(send) {
    const kind = send.command.kind ?? 'msg';
    if (send.status === 'failed' && kind !== 'msg') {
      const what = { edit: 'The edit was not saved', delete: 'The message was not deleted' }[kind] ?? 'The reaction was not sent';
      this.emit('notice', `${what}: ${send.error.message}`);
      this.room.discard(send);
    }
    this.emit('change');
  }

  #presence({ user, online }) {
    if (user && this.people) {
      if (online) this.people.add(user);
      else this.people.delete(user);
    } else if (this.shown && this.#whoTimer === null) {
      // Only a number is told in a large room; names may be had again once it is small.
      this.#whoTimer = setTimeout(() => {
        this.#whoTimer = null;
        if (this.shown && this.room.attached) this.askWho();
      }, Math.max(0, WHO_EVERY - (performance.now() - this.#whoAt)));
    }
    if (!online && this.#typing.has(user)) this.#stopsTyping(user);
    this.emit('people');
  }

  #types(user) {
    if (user === this.me) return;
    clearTimeout(this.#typing.get(user));
    this.#typing.set(user, setTimeout(() => this.#stopsTyping(user), TYPING_FADES));
    this.emit('typing');
  }

  #stopsTyping(user) {
    clearTimeout(this.#typing.get(user));
    this.#typing.delete(user);
    this.emit('typing');
  }
}
