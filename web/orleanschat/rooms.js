import { ChatError } from './error.js';
import { Room } from './room.js';

/** Passes the server's frames to the rooms of a session, and resumes the rooms on each new connection. */
export class Rooms {
  #session;
  #clock;
  #maxFill;
  #ask;
  /** The rooms whose cursors the last `hello` contained. */
  #carried = new Set();
  /** The unanswered `leave` of each room that the application left on this connection. The key is the room's name. */
  #leaving = new Map();

  /** @type {Map<string, Room>} */
  byName = new Map();

  /**
   * @param {import('./session.js').Session} session
   * @param {object} options
   * @param {import('./clock.js').Clock} options.clock
   * @param {number} options.maxFill widest gap that a room fills from history, in events
   * @param {(command: { t: string } & Record<string, any>) => Promise<any>} options.ask sends a command and returns the
   *   answer; rejects with a ChatError
   */
  constructor(session, { clock, maxFill, ask }) {
    this.#session = session;
    this.#clock = clock;
    this.#maxFill = maxFill;
    this.#ask = ask;
  }

  /**
   * Adds a room to the session, but sends no command: the caller decides whether to request the room from the server.
   * @param {string} name
   * @param {{ last?: number, kind?: 'channel' | 'group' | 'direct' | null }} [wish] as for `session.resume`
   * @returns {Room}
   */
  add(name, { last, kind = null } = {}) {
    const room = new Room(this.#session, name, { last, kind, clock: this.#clock, maxFill: this.#maxFill });
    this.byName.set(name, room);
    return room;
  }

  /**
   * Implements `room.leave`.
   * @param {Room} room
   * @param {boolean} endMembership
   * @returns {Promise<void>}
   */
  async leave(room, endMembership) {
    const { name } = room;
    if (this.byName.get(name) !== room) return;
    if (endMembership) {
      if (this.#session.state !== 'online') {
        throw new ChatError('offline', 'Ending a membership needs a connection. Try again when you are connected.');
      }
      // If the user is the last owner of a group with other members, the server refuses this command. The room then
      // stays in the session.
      await this.#ask({ t: 'leave', room: name, member: false });
      if (this.byName.get(name) !== room) return;
    }
    room.subscription.detach();
    this.byName.delete(name);
    if (endMembership || this.#session.state !== 'online') return;
    const leave = this.#ask({ t: 'leave', room: name });
    // Until the server answers this `leave`, the session ignores a `joined` of the room, because this `joined` answers
    // an earlier command.
    this.#leaving.set(name, leave);
    try {
      await leave;
    } finally {
      if (this.#leaving.get(name) === leave) this.#leaving.delete(name);
    }
  }

  /**
   * The cursors for `hello`.
   * @param {number} most the maximum number of rooms of a connection
   * @returns {Record<string, { seq: number, epoch: string | null }>} the key is the room's name
   */
  cursors(most) {
    // The object has no prototype, because `__proto__` is a valid room name.
    const cursors = Object.create(null);
    this.#carried = new Set();
    for (const room of this.byName.values()) {
      if (!room.cursor || this.#carried.size >= most) continue; // `begin` requests the other rooms after `welcome`.
      cursors[room.name] = room.cursor;
      this.#carried.add(room);
    }
    return cursors;
  }

  /** Called when the session is online. */
  begin() {
    for (const room of [...this.byName.values()]) room.subscription.begin(this.#carried.has(room));
  }

  /** Called when the connection is lost. */
  detach() {
    this.#leaving.clear();
    for (const room of this.byName.values()) room.subscription.detach();
  }

  /**
   * Passes a `joined` to its room. If the session does not have the room, adds the room: either `create` made it, or
   * the server added this connection to it.
   * @param {any} frame as the server sent it
   * @param {boolean} answersJoin whether the frame is the answer to a `join`
   * @returns {Room | null} the room if this method added it
   */
  joined(frame, answersJoin) {
    const room = this.byName.get(frame.room);
    if (room) {
      room.subscription.joined(frame);
      return null;
    }
    // The session does not have this room. If the frame answers a `join`, or if a `leave` is unanswered, the
    // application has left the room since it requested the room. So ignore the frame.
    if (answersJoin || this.#leaving.has(frame.room)) return null;
    const added = this.add(frame.room);
    added.subscription.joined(frame);
    return added;
  }

  /**
   * Passes a frame to its room.
   * @param {any} frame an `ev`, `gap`, `left`, `presence`, `typing` or `mark`, as the server sent it
   * @returns {boolean} false if the session does not have the room; the frame is then ignored
   */
  receive(frame) {
    const subscription = this.byName.get(frame.room)?.subscription;
    if (!subscription) return false;
    switch (frame.t) {
      case 'ev':
        subscription.receive(frame);
        break;
      case 'gap':
        subscription.gap(frame);
        break;
      case 'left':
        subscription.left(frame);
        break;
      case 'presence':
        subscription.presence(frame);
        break;
      case 'typing':
        subscription.typing(frame);
        break;
      case 'mark':
        subscription.marked(frame);
        break;
    }
    return true;
  }
}
