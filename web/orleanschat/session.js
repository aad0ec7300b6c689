import { systemClock } from './clock.js';
import { ChatError } from './error.js';
import { Handshake } from './handshake.js';
import { Liveness } from './liveness.js';
import { Reconnect } from './reconnect.js';
import { Requests } from './requests.js';
import { Rooms } from './rooms.js';
import { SessionCommands } from './session-commands.js';
import { onWake } from './wake.js';

/** @typedef {import('./types.js').Limits} Limits */
/** @typedef {import('./room.js').Room} Room */
/** @typedef {import('./types.js').SessionOptions} SessionOptions */
/** @typedef {import('./types.js').SessionState} SessionState */

/**
 * The client of one user. It maintains a connection, detects when the connection is dead, reconnects, and resumes every
 * room from its cursor.
 */
export class Session extends SessionCommands {
  #wake;
  #stopWake = null;
  #handshake;
  #liveness;
  #reconnect;
  #requests;
  #rooms;
  #connection = null;
  #bye = null;
  #creating = new Set();

  /** @type {SessionState} */
  state = 'idle';
  /**
   * The user id that the server sent in `welcome`; null before the first `welcome`.
   * @type {string | null}
   */
  user = null;
  /**
   * The limits of the service, from `welcome`; null before the first `welcome`.
   * @type {Limits | null}
   */
  limits = null;

  /** @param {SessionOptions} options */
  constructor({
    url, user, token, device, maxFill = 1000, WebSocket = globalThis.WebSocket, clock = systemClock,
    random = Math.random, wake = onWake,
  }) {
    super();
    this.#wake = wake;
    this.#handshake = new Handshake({ url, user, token, WebSocket, clock });
    this.#reconnect = new Reconnect({ clock, random, open: () => this.#open() });
    this.#requests = new Requests(clock);
    this.#rooms = new Rooms(this, { clock, maxFill, ask: command => this.#ask(command) });
    this.#liveness = new Liveness({
      clock,
      ping: () => this.#connection.send({ t: 'ping', id: this.#requests.newId() }),
      lost: () => this.#connection.drop(),
    });
    /** @type {string} */
    this.device = device ?? this.newId();
  }

  /**
   * The rooms of this session, by name.
   * @returns {Map<string, Room>}
   */
  get rooms() {
    return this.#rooms.byName;
  }

  /** Connects, also if the session has `ended`. Does nothing if there is a connection or the session is `waiting`. */
  connect() {
    if (this.#connection || this.state === 'waiting') return;
    this.#reconnect.restart();
    this.#stopWake ??= this.#wake(() => this.check());
    this.#open();
  }

  /** Closes the connection. The session does not reconnect until `connect` is called. */
  close() {
    this.#reconnect.stop();
    if (this.#connection) this.#lost(this.#connection, 1000, '', true);
    else this.#become('ended', { code: 1000, reason: '' });
  }

  /**
   * Reconnects now if the session is `waiting`. Call this method only if the user asked to reconnect, because it resets
   * the delays after close code 4002.
   */
  retryNow() {
    if (this.state !== 'waiting') return;
    this.#reconnect.requested();
    this.#open();
  }

  /**
   * Checks the connection now, for example when the page becomes visible again. If the session is online, it sends a
   * ping and reconnects if nothing arrives within 5 s. If the session is `waiting`, it reconnects now. After close code
   * 4002 the session keeps waiting, because the newer connection of this device may still be in use.
   */
  check() {
    if (this.state === 'online') this.#liveness.check();
    else if (!this.#reconnect.wasReplaced) this.retryNow();
  }

  /**
   * Joins a room, now or as soon as there is a connection. A join creates the room if it does not exist, and makes this
   * user a member if the room is a group. So call `join` only after an action of the user, such as a click. Otherwise
   * call `resume`.
   * @param {string} name
   * @param {{ last?: number, kind?: 'channel' | 'group', link?: string }} [wish] as for `room.enter`
   * @returns {Room}
   */
  join(name, wish = {}) {
    const room = this.rooms.get(name) ?? this.#rooms.add(name);
    room.enter(wish);
    return room;
  }

  /**
   * Opens a room without a join, for example a room of an earlier visit. This never creates a room, and never makes the
   * user a member. If the room does not exist, or if this user is not a member of the group, the returned room emits
   * `refused`.
   * @param {string} name
   * @param {{ last?: number, kind?: 'channel' | 'group' | 'direct' | null }} [wish] `last`: number of past events to
   *   deliver first; `kind`: the kind of the room, if the application knows it
   * @returns {Room}
   */
  resume(name, wish = {}) {
    let room = this.rooms.get(name);
    if (!room) {
      room = this.#rooms.add(name, wish);
      if (this.state === 'online') room.subscription.begin(false);
    }
    return room;
  }

  /**
   * Creates a private group, whose name the server chooses, with this user as the owner. The client does not retry the
   * command. If the promise rejects with `offline` or `timeout`, the server may still have created the group. Then the
   * list of conversations contains the group.
   * @param {{ title?: string }} [group] `title`: 1 to 100 characters
   * @returns {Promise<Room>} the room, after the session has emitted the event `room` for it; rejects with a ChatError
   */
  async create({ title } = {}) {
    const id = this.#requests.newId();
    this.#creating.add(id);
    try {
      const { room } = await this.request({ t: 'create', id, title });
      return this.rooms.get(room);
    } finally {
      this.#creating.delete(id);
    }
  }

  /**
   * Sends a command that the server answers.
   * @override
   * @param {{ t: string, id?: string } & Record<string, any>} command if it has no `id`, the session adds one
   * @returns {Promise<any>} the answer; rejects with a ChatError, which is `offline` if there is no connection
   */
  async request(command) {
    const connection = this.#connection;
    try {
      return await this.#ask(command);
    } catch (error) {
      // A missing answer may mean that the connection is dead.
      if (error.code === 'timeout' && connection === this.#connection) this.check();
      throw error;
    }
  }

  /**
   * Sends a command that the server does not answer.
   * @param {{ t: string } & Record<string, any>} command
   * @returns {boolean} false if there is no connection; the command is then dropped
   */
  tell(command) {
    return this.state === 'online' && this.#connection.send(command);
  }

  /**
   * Returns a random id of 24 hexadecimal digits, for example for a send. Two such ids are never equal in practice.
   * @returns {string}
   */
  newId() {
    // Do not use randomUUID: browsers provide it only in secure contexts, and a page may be served over plain HTTP.
    return Array.from(crypto.getRandomValues(new Uint8Array(12)), byte => byte.toString(16).padStart(2, '0')).join('');
  }

  /**
   * Implements `room.leave`. Applications do not call this method.
   * @param {Room} room
   * @param {boolean} endMembership
   * @returns {Promise<void>}
   */
  forget(room, endMembership) {
    return this.#rooms.leave(room, endMembership);
  }

  #ask(command) {
    if (this.state !== 'online') {
      return Promise.reject(new ChatError('offline', 'There is no connection to the server.'));
    }
    const id = command.id ?? this.#requests.newId();
    const answer = this.#requests.wait(id);
    this.#connection.send({ ...command, id });
    return answer;
  }

  #open() {
    this.#bye = null;
    this.#become('connecting');
    const { address } = this.#handshake;
    let connection;
    try {
      connection = this.#connection = this.#handshake.open(address, {
        hello: () => this.#hello(),
        onObject: object => this.#receive(object),
        onFault: error => this.emit('fault', error),
        onEnd: (code, reason) => this.#lost(connection, code, reason),
      });
    } catch (error) {
      // The browser rejected the URL; a retry would fail too.
      this.#become('ended', { code: 4500, reason: error.message });
    }
  }

  #hello() {
    const rooms = this.#rooms.cursors(this.limits?.rooms_per_connection ?? Infinity);
    return { id: this.#requests.newId(), device: this.device, rooms };
  }

  #receive(object) {
    this.#liveness.heard();
    switch (object.t) {
      case 'welcome':
        return this.#welcome(object);
      case 'joined':
        this.#joined(object);
        return this.#answer(object);
      case 'ev':
      case 'gap':
      case 'presence':
      case 'typing':
      case 'mark':
        return this.#rooms.receive(object);
      case 'left':
        // The server may remove the connection from a room before it has sent `joined` for this room.
        if (!this.#rooms.receive(object)) this.emit('left', object);
        return;
      case 'invited':
      case 'conversation':
        return this.emit(object.t, object);
      case 'bye':
        this.#bye = object;
        return;
      case 'pong':
        return this.#liveness.answered();
      default:
        // `ok`, `page`, `conversations`, `members`, `readers`, `blocks`, `reports` and `who` are answers: their `id`
        // names the command. Ignore an object whose `t` only a later version knows.
        if (!this.#answer(object) && object.t === 'err') this.#fault(object);
    }
  }

  /**
   * Processes an `err` that answers no command. An `err` with a room and without an id refuses a cursor of `hello`, or
   * reports the end of a membership.
   */
  #fault({ id, room, code, message, retry }) {
    const error = new ChatError(code, message, retry);
    if (id === undefined && room !== undefined) this.rooms.get(room)?.subscription.refused(error);
    else this.emit('fault', error);
  }

  #answer(object) {
    const answers = this.#requests.answer(object);
    if (answers) this.#liveness.answered();
    return answers;
  }

  #welcome({ user, limits, heartbeat }) {
    this.#handshake.end();
    this.#liveness.start(heartbeat);
    this.user = user;
    this.limits = limits ?? null;
    this.#reconnect.online();
    this.#become('online');
    this.#rooms.begin();
  }

  #joined(frame) {
    const answersJoin = this.#requests.has(frame.id) && !this.#creating.has(frame.id);
    const added = this.#rooms.joined(frame, answersJoin);
    if (added) this.emit('room', added);
  }

  #lost(connection, code, reason, asked = false) {
    if (connection !== this.#connection) return;
    this.#connection = null;
    this.#handshake.end();
    this.#liveness.stop();
    const bye = this.#bye;
    // If the network lost the close frame, use the code and the reason of the server's `bye`.
    const why = { code: code === 1006 && bye ? bye.code : code, reason: reason || bye?.reason || '' };
    this.state = 'waiting';
    this.#requests.abandon();
    this.#rooms.detach();
    const retryAt = asked ? null : this.#reconnect.schedule(why.code, bye?.after);
    if (retryAt === null) {
      connection.drop();
      this.#become('ended', why);
      return;
    }
    this.#become('waiting', { ...why, retryAt });
  }

  #become(state, more = {}) {
    this.state = state;
    if (state === 'ended') {
      this.#stopWake?.();
      this.#stopWake = null;
    }
    this.emit('state', { state, ...more });
  }
}
