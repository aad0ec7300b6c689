import { Invitations } from './invitations.js';
import { ConversationList } from './listing.js';
import { isPrivate, titleInText, titleOf } from './names.js';
import { RoomActions } from './room-actions.js';
import { RoomList } from './room-list.js';
import { RoomsView } from './rooms.js';

/**
 * Maximum number of followed channels whose events the page receives from the start. The page receives the events of
 * other channels only after the user has opened them.
 */
const MAX_FOLLOWED = 50;

/** Minimum time between two drawings of the list for new events, in ms. */
const DRAW_EVERY = 100;

/** The panel of rooms: reads the user's conversations and invitations from the server, and draws them. */
export class Sidebar {
  #parts;
  #list = new RoomList();
  #invitations = new Invitations();
  #reader;
  #view;
  #actions;
  #timer = null;

  /**
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {import('../orleanschat.js').Session} parts.session
   * @param {import('./remembered.js').RememberedRooms} parts.remembered
   * @param {Map<string, import('./conversation.js').Conversation>} parts.conversations the conversations that the page
   *   has open
   * @param {() => import('./conversation.js').Conversation | null} parts.current returns the conversation that is shown
   * @param {(name: string, kind?: 'channel' | 'group') => void} parts.enter joins and shows a room
   * @param {(name: string) => void} parts.open shows a room
   * @param {(name: string, kind: 'channel') => void} parts.hold subscribes to the events of a room
   * @param {(name: string) => void} parts.drop removes a room from the page
   * @param {() => void} parts.create creates a private group
   * @param {() => void} parts.drawn called after the list was drawn
   * @param {(text: string) => void} parts.notice
   */
  constructor(parts) {
    const { me, session, conversations, current, enter, open, notice } = this.#parts = parts;
    this.#reader = new ConversationList({
      read: page => session.conversations(page),
      found: entry => conversations.get(entry.room)?.room.listed(entry),
      done: (entries, whole, removed) => this.#listed(entries, whole, removed),
    });
    this.#actions = new RoomActions({
      me, session, list: this.#list, notice, conversation: name => conversations.get(name), changed: () => this.draw(),
      drop: name => parts.drop(name),
      hidden: name => {
        parts.remembered.remove(name);
        if (current()?.room.name === name) open(this.next ?? 'lobby');
        this.draw();
      },
    });
    this.#view = new RoomsView({
      me, enter, open, create: () => parts.create(),
      act: (action, row) => this.#actions.act(action, row),
      accept: name => {
        this.#invitations.accept(name);
        enter(name, 'group');
      },
    });
    session.on('state', ({ state }) => {
      if (state !== 'online') return;
      this.#list.connected();
      this.refresh();
    });
    session.on('left', () => this.refresh());
    session.on('conversation', () => this.refresh());
    session.on('invited', ({ room, title }) => {
      this.#invitations.add(room, title);
      notice(`You are invited to ${isPrivate(room) || title ? titleInText(title) : room}.`);
      this.draw();
    });
  }

  /** Reads the list of conversations from the server. */
  refresh() {
    this.#reader.refresh();
  }

  /** Name of the room to show if the page removes the current room: the first other room of the list, or null. */
  get next() {
    const { pinned, rooms, direct } = this.#rows;
    const current = this.#parts.current()?.room.name;
    return [...pinned, ...rooms, ...direct].find(({ name }) => name !== current && !this.invitation(name))?.name ?? null;
  }

  /** The invitation to a group; null if there is none. */
  invitation(name) {
    return this.#invitations.get(name);
  }

  /**
   * The kind of a room, if the server lists the room.
   * @returns {'channel' | 'group' | 'direct' | null}
   */
  kindOf(name) {
    return this.#list.get(name)?.kind ?? null;
  }

  /**
   * Processes the server's answer to a join or a resume.
   * @param {string} name
   * @param {import('../orleanschat.js').ChatError | null} error null if the room is joined
   */
  answered(name, error) {
    if (this.#invitations.answered(name, error)) this.draw();
  }

  /** Called after the user opened a room. If the room was hidden, the list shows it again, on all devices. */
  opened(name) {
    const room = this.#parts.conversations.get(name)?.room;
    if (!this.#list.isHidden(name, room?.head)) return;
    const title = titleOf(name, this.#parts.me, room?.title);
    this.#actions.change({ name, kind: room?.kind ?? null }, { hidden: false }, error => `${title} is still hidden on your other devices: ${error.message}`);
  }

  /** Called after the page added a room. */
  held(name) {
    this.#list.opened(name);
    this.drawSoon();
  }

  /** Called when the page removes a room, because the user left it. */
  dropped(name) {
    this.#list.left(name);
  }

  /** Draws the list soon. Many events within a short time cause one drawing. */
  drawSoon() {
    this.#timer ??= setTimeout(() => this.draw(), DRAW_EVERY);
  }

  /** Draws the list, the mark for unread messages in other rooms, and the page's title. */
  draw() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const { me, current } = this.#parts;
    const room = current()?.room;
    const rows = this.#rows;
    const kept = Object.fromEntries(Object.entries(rows).map(([key, some]) => [key, some.filter(({ name }) => !this.invitation(name))]));
    this.#view.draw(kept, room?.name, this.#invitations.all);
    // Unread messages of muted and archived conversations do not count in the mark and the title.
    const loud = [...kept.pinned, ...kept.rooms, ...kept.direct].filter(({ unread, muted }) => unread > 0 && !muted);
    document.getElementById('elsewhere').hidden = loud.every(({ name }) => name === room?.name);
    const unread = loud.reduce((sum, row) => sum + row.unread, 0);
    const title = room ? `${titleOf(room.name, me, room.title ?? this.invitation(room.name)?.title)} · ` : '';
    document.title = `${unread ? `(${unread}) ` : ''}${title}OrleansChat`;
    this.#parts.drawn();
  }

  get #rows() {
    return this.#list.rows(this.#parts.conversations.values(), Date.now());
  }

  #listed(entries, whole, removed) {
    const { conversations, remembered, hold } = this.#parts;
    const headOf = name => conversations.get(name)?.room.head ?? 0;
    this.#invitations.listed(entries, whole);
    for (const name of removed) this.#invitations.remove(name);
    this.#list.listed(entries, whole, headOf);
    this.#list.removed(removed, headOf);
    // The server lists these rooms on every visit, so the page does not have to open them from the list that the
    // browser stores.
    remembered.listed(entries.filter(({ role }) => role !== 'invited').map(({ room }) => room));
    const followed = entries.filter(({ kind }) => kind === 'channel').slice(0, MAX_FOLLOWED);
    for (const { room } of followed) if (!conversations.has(room)) hold(room, 'channel');
    this.draw();
  }
}
