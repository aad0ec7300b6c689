import { Emitter } from '../orleanschat/emitter.js';
import { CHANGES, notChanged } from './group-text.js';
import { MemberList } from './members.js';
import { isDirect } from './names.js';
import { Timeline } from './timeline.js';

/** Number of events per page of history. */
const PAGE = 50;

/** Number of a room's events that the page keeps while the room is not shown. */
const KEPT_ASIDE = 200;

/** Time for which a user is shown as typing after a `typing` frame, in ms. */
const TYPING_FADES = 6000;

/** Minimum interval between two `who` commands if the server sends only the number of users, in ms. */
const WHO_EVERY = 5000;

/** Delay before the page requests history again after a failed request, in ms. */
const HISTORY_AGAIN = 3000;

/**
 * The events that a conversation emits.
 * @typedef {object} ConversationEvents
 * @property {undefined} change the events or sends changed
 * @property {undefined} people the list or the number of users in the room changed
 * @property {undefined} group the group's title, its members, or this user's rights changed
 * @property {undefined} typing the list of users who are typing changed
 * @property {string} notice a sentence for the user
 * @property {import('../orleanschat.js').Send} refusedEdit an edit that the server refused
 */

/**
 * The page's data about one room: a window of its events, the users in it, and the users who are typing. The class does
 * not touch the DOM.
 * @extends {Emitter<ConversationEvents>}
 */
export class Conversation extends Emitter {
  timeline = new Timeline();
  /** @type {MemberList} */
  members;
  /**
   * Which page of history is being read: the page before the window or the page after it; null if none is being read.
   * @type {'older' | 'newer' | null}
   */
  loading = null;
  /**
   * Why the server refused the room; null if it did not.
   * @type {import('../orleanschat.js').ChatError | null}
   */
  refused = null;
  /**
   * The newest event that was delivered.
   * @type {import('../orleanschat.js').ChatEvent | null}
   */
  last = null;
  /** Number of events in the gaps that were reported since the page last stopped showing this room. */
  missed = 0;
  /**
   * Ids of the users in the room; null if the room has too many users for a list.
   * @type {Set<string> | null}
   */
  people = new Set();
  repairing = false;
  shown = false;
  /** Whether the user has scrolled up from the end. */
  readingAbove = false;
  /** Number of messages that arrived while the user was reading above the end. */
  below = 0;

  #typing = new Map();
  #whoAt = -Infinity;
  #whoTimer = null;
  /** For each unanswered `who`: the changes of presence that arrived after the command was sent. */
  #whoAsks = new Set();
  #pausedUntil = 0;
  #era = 0;
  /** Whether the server has named another user in the room since the page was opened. */
  #sawOther = false;

  /**
   * @param {import('../orleanschat.js').Room} room
   * @param {string} me this user's id
   */
  constructor(room, me) {
    super();
    this.room = room;
    this.me = me;
    this.members = new MemberList(room, () => this.emit('group'));
    room.on('joined', () => {
      this.refused = null;
      // If the log is empty, there is no older history.
      if (room.head === 0) this.timeline.atStart = true;
      if (this.shown) this.#ask();
      this.emit('group');
      this.emit('change');
    });
    room.on('event', event => this.#event(event));
    room.on('reset', () => {
      this.last = null;
      this.#restart();
    });
    room.on('standing', () => this.emit('group'));
    room.on('gap', ({ from, to }) => {
      if (this.shown) this.#readMembers();
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
      // If the room does not exist, there is no older history.
      if (error.code === 'not_found') this.timeline.atStart = true;
      this.emit('group');
      this.emit('change');
    });
    room.on('presence', frame => this.#presence(frame));
    room.on('typing', ({ user }) => this.#types(user));
  }

  get typing() {
    return [...this.#typing.keys()];
  }

  /**
   * Whether the page knows which users are in the room. In a conversation with another person, the server hides the two
   * people from each other until both have written. So until the server has named the other person, the page does not
   * know whether this person is online.
   */
  get knowsPresence() {
    const { name } = this.room;
    return this.#sawOther || !isDirect(name) || name.slice(1) === this.me;
  }

  /** The user's messages whose events have not arrived, and failed edits. */
  get sends() {
    return this.room.sends.filter(({ command, status }) => !command.kind || (command.kind === 'edit' && status === 'failed'));
  }

  /** The texts of edits whose events have not arrived. The key is the message's sequence. */
  get edits() {
    return new Map(this.room.sends.filter(({ command, status }) => command.kind === 'edit' && status !== 'failed').map(({ command }) => [command.ref, command.text]));
  }

  show(shown) {
    this.shown = shown;
    if (shown) {
      if (this.room.attached) this.#ask();
      return;
    }
    this.missed = 0;
    this.below = 0;
    this.readingAbove = false;
    if (this.timeline.detached) this.#restart();
    else this.timeline.trimOldest(KEPT_ASIDE, KEPT_ASIDE);
  }

  /** Reads the page of history before the window. Does nothing if there are no older events or a page is being read. */
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

  /** Reads the page of history after the window. Does nothing if the window includes the newest event. */
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

  /** Moves the window to the newest events. */
  toHead() {
    this.below = 0;
    if (!this.timeline.detached) return;
    this.#restart();
    this.loadOlder();
  }

  /**
   * Whether the window needs a page of history: the window is empty, the log is not empty, and no repair and no join
   * will fill the window.
   */
  get wants() {
    return this.room.attached && this.timeline.size === 0 && !this.timeline.atStart && !this.repairing && this.room.seq >= this.room.head;
  }

  #ask() {
    this.askWho();
    this.#readMembers();
  }

  #readMembers() {
    if (this.room.kind === 'group' && this.room.attached) this.members.read();
  }

  async askWho() {
    this.#whoAt = performance.now();
    const since = { count: null, users: new Map() };
    this.#whoAsks.add(since);
    try {
      const { count, users } = await this.room.who();
      // Changes of presence that arrived since the request may be newer than the answer, so apply them to the answer.
      this.room.count = since.count ?? count;
      this.people = users ? new Set(users) : null;
      this.#sawOther ||= users?.some(user => user !== this.me) ?? false;
      for (const [user, online] of since.users) this.#setOnline(user, online);
      this.emit('people');
    } catch {
      // After the next `presence`, or on the next connection, the page sends `who` again.
    } finally {
      this.#whoAsks.delete(since);
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
      // If the first or last event of the window has changed meanwhile, this page may not be adjacent to the window.
      // Then drop the page; the view requests a page again.
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
    this.last = event;
    this.timeline.push(event);
    if (CHANGES.has(event.kind)) this.members.apply(event);
    if (this.#typing.has(event.from)) this.#stopsTyping(event.from);
    if (!this.shown) this.timeline.trimOldest(KEPT_ASIDE * 2, KEPT_ASIDE);
    else if (this.readingAbove) this.timeline.trimNewest();
    else this.timeline.trimOldest();
    if (event.kind === 'msg' && event.from !== this.me && this.readingAbove) this.below++;
    this.emit('change');
  }

  #sent(send) {
    const { kind } = send.command;
    // Read the list of members, because only this list says when the mute ends.
    if (send.status === 'failed' && send.error.code === 'muted' && this.room.mutedUntil === 0) this.#readMembers();
    // If the command for an invitation link fails, the form for links shows the error.
    if (send.status === 'failed' && kind && kind !== 'link') {
      const what = notChanged(send.command) ?? { edit: 'The edit was not saved', delete: 'The message was not deleted' }[kind] ?? 'The reaction was not sent';
      this.emit('notice', `${what}: ${send.error.message}`);
      // Do not discard a failed edit before its text is back in the composer, so that the user does not lose the text.
      if (kind === 'edit') this.emit('refusedEdit', send);
      else this.room.discard(send);
    }
    this.emit('change');
  }

  #setOnline(user, online) {
    if (online) this.people?.add(user);
    else this.people?.delete(user);
  }

  #presence({ user, online, count }) {
    for (const since of this.#whoAsks) {
      since.count = count;
      if (user) since.users.set(user, online);
    }
    if (user && user !== this.me) this.#sawOther = true;
    if (user && this.people) {
      this.#setOnline(user, online);
    } else if (this.shown && this.#whoTimer === null) {
      // In a large room, the server sends only the number of users. The room may be small again, so request the names.
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
