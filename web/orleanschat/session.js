import { systemClock } from './clock.js';
import { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import { ChatError } from './error.js';
import { Liveness } from './liveness.js';
import { comesBack, replacedDelay, REPLACED, retryDelay } from './reconnect.js';
import { Requests } from './requests.js';
import { Room } from './room.js';
import { onWake } from './wake.js';

/** Maximum time from opening a socket to `welcome`, in ms. */
const WELCOME_WITHIN = 15_000;

/** Maximum wait for the answer to a command, in ms. */
const ANSWER_WITHIN = 10_000;

/** If a connection lasted this long, in ms, the reconnect delays start again at the shortest one. */
const GOOD_AFTER = 10_000;

/** Maximum reconnect delay that the client accepts from the server's `bye`, in ms. */
const LONGEST_AFTER = 300_000;

/** @typedef {import('./clock.js').Clock} Clock */
/** @typedef {import('./types.js').Limits} Limits */
/** @typedef {import('./types.js').SessionState} SessionState */
/** @typedef {import('./types.js').StateChange} StateChange */

/**
 * The events that a session emits.
 * @typedef {object} SessionEvents
 * @property {StateChange} state
 * @property {Room} room the server added this connection to a room, for example because somebody wrote to this user or
 *   because `create` made the room
 * @property {{ room: string, title?: string }} invited another user invited this user to a group. To accept, call
 *   `join`
 * @property {{ room: string, reason: string }} left the server removed the connection from a room that the session does
 *   not have
 * @property {Error} fault for developers: a line that is not JSON, an error without a command, a failed token callback
 */

/**
 * One user's conversation with the service. It maintains a connection, detects when the connection is dead, reconnects,
 * and resumes every room from its cursor.
 * @extends {Emitter<SessionEvents>}
 */
export class Session extends Emitter {
  #url;
  #user;
  #token;
  #WebSocket;
  #clock;
  #random;
  #maxFill;
  #wake;
  #stopWake = null;
  #liveness;
  #connection = null;
  #requests;
  #timer = null;
  #attempt = 0;
  #replaced = 0;
  #lastCode = null;
  #onlineAt = null;
  #bye = null;
  #commands = 0;
  #carried = new Set();
  #leaving = new Map();
  #creating = new Set();

  /**
   * Rooms by name.
   * @type {Map<string, Room>}
   */
  rooms = new Map();
  /** @type {SessionState} */
  state = 'idle';
  /**
   * The user id that the server sent in `welcome`; null before the first `welcome`.
   * @type {string | null}
   */
  user = null;
  /**
   * Null before the first `welcome`.
   * @type {Limits | null}
   */
  limits = null;

  /**
   * @param {object} options
   * @param {string} options.url of the WebSocket: `wss://host/ws`
   * @param {string} [options.user] a user id without proof, for services in development
   * @param {string | (() => string | Promise<string>)} [options.token] a token, or a function that returns one. The
   *   function is called for every connection, so it can return a fresh token
   * @param {string} [options.device] names this installation: a newer connection of the same user and device replaces
   *   an older one. By default a new name for each session
   * @param {number} [options.maxFill] widest gap that a room fills from history, in events; by default 1000
   * @param {new (url: string, protocols: string[]) => WebSocket} [options.WebSocket]
   * @param {Clock} [options.clock]
   * @param {() => number} [options.random] returns 0 to 1
   * @param {(listener: () => void) => () => void} [options.wake] subscribes a listener to the moments at which the
   *   connection should be checked, and returns the function that unsubscribes it. By default `onWake`
   */
  constructor({ url, user, token, device, maxFill = 1000, WebSocket = globalThis.WebSocket, clock = systemClock, random = Math.random, wake = onWake }) {
    super();
    this.#url = url;
    this.#user = user;
    this.#token = token;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#random = random;
    this.#maxFill = maxFill;
    this.#wake = wake;
    this.#requests = new Requests(clock);
    this.#liveness = new Liveness({
      clock,
      ping: () => this.#connection.send({ t: 'ping', id: `c${++this.#commands}` }),
      lost: () => this.#connection.drop(),
    });
    /** @type {string} */
    this.device = device ?? this.newId();
  }

  /** Connects. Also starts again after `ended`. Does nothing if there is a connection, or while `waiting`. */
  connect() {
    if (this.#connection || this.state === 'waiting') return;
    this.#attempt = this.#replaced = 0;
    this.#stopWake ??= this.#wake(() => this.check());
    this.#open();
  }

  /** Closes the connection. The session does not reconnect until `connect` is called. */
  close() {
    this.#stopTimer();
    if (this.#connection) this.#lost(this.#connection, 1000, '', true);
    else this.#become('ended', { code: 1000, reason: '' });
  }

  /**
   * Reconnects now if the session is `waiting`. Call it only if a person asked for it: the growing delays after close
   * code 4002 start over.
   */
  retryNow() {
    if (this.state !== 'waiting') return;
    this.#replaced = 0;
    this.#stopTimer();
    this.#open();
  }

  /**
   * Checks the connection now, for example when the page wakes. If the session is online, it sends a ping and
   * reconnects if nothing arrives within 5 s. If the session is `waiting`, it reconnects now. After close code 4002 it
   * does not, because the newer connection of this device may still be in use.
   */
  check() {
    if (this.state === 'online') this.#liveness.check();
    else if (this.#lastCode !== REPLACED) this.retryNow();
  }

  /**
   * Enters a room, now or as soon as there is a connection. A join creates a room that does not exist, and makes this
   * user a member of a group. So call `join` only if a person asked for the room. Otherwise call `resume`.
   * @param {string} name
   * @param {{ last?: number, kind?: 'channel' | 'group' }} [wish] as for `room.enter`
   * @returns {Room}
   */
  join(name, wish = {}) {
    const room = this.rooms.get(name) ?? this.#add(name);
    room.enter(wish);
    return room;
  }

  /**
   * Opens a room, for example a room of an earlier visit. It creates no room and makes no member. If the room does not
   * exist, or if this user is not a member of the group, the room emits `refused`.
   * @param {string} name
   * @param {{ last?: number, kind?: 'channel' | 'group' | 'direct' | null }} [wish] `last`: number of past events to
   *   start with; `kind`: the kind of the room, if the application knows it
   * @returns {Room}
   */
  resume(name, wish = {}) {
    let room = this.rooms.get(name);
    if (!room) {
      room = this.#add(name, wish);
      if (this.state === 'online') room.subscription.begin(false);
    }
    return room;
  }

  /**
   * Creates a private group, whose name the server chooses, with this user as the owner. The command is not retried: if
   * it rejects with `offline` or `timeout`, the group may exist, and the list of conversations has it.
   * @param {{ title?: string }} [group] `title`: 1 to 100 characters
   * @returns {Promise<Room>} the room, which the session emitted as `room` before; rejects with a ChatError
   */
  async create({ title } = {}) {
    const id = `c${++this.#commands}`;
    this.#creating.add(id);
    try {
      const { room } = await this.request({ t: 'create', id, title });
      return this.rooms.get(room);
    } finally {
      this.#creating.delete(id);
    }
  }

  /**
   * Lists the user's groups, the groups to which the user is invited, and the user's direct conversations. The one with
   * the newest event is first.
   * @param {{ before?: { ts: number, room: string }, limit?: number }} [page] `before`: the last conversation of the
   *   previous page; `limit`: at most 100, which is the default
   * @returns {Promise<{ rooms: import('./types.js').Listed[], more?: boolean }>} `more`: whether there are more
   *   conversations; rejects with a ChatError
   */
  conversations({ before, limit } = {}) {
    return this.request({ t: 'conversations', ...(before ? { before: before.ts, room: before.room } : {}), ...(limit ? { limit } : {}) });
  }

  /**
   * Sends a command that the server answers.
   * @param {{ t: string, id?: string } & Record<string, any>} command gets an id if it has none
   * @returns {Promise<any>} the answer; rejects with a ChatError, which is `offline` if there is no connection
   */
  async request(command) {
    const connection = this.#connection;
    try {
      return await this.#ask(command, ANSWER_WITHIN);
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
   * A random id that is unique in practice, such as the client id of a send: 24 hexadecimal digits.
   * @returns {string}
   */
  newId() {
    // Do not use randomUUID: browsers provide it only in secure contexts, and a page may be served over plain HTTP.
    return Array.from(crypto.getRandomValues(new Uint8Array(12)), byte => byte.toString(16).padStart(2, '0')).join('');
  }

  /**
   * Implements `room.leave`. Applications do not call it.
   * @param {Room} room
   * @param {boolean} endMembership
   * @returns {Promise<void>}
   */
  async forget(room, endMembership) {
    if (this.rooms.get(room.name) !== room) return;
    if (endMembership) {
      if (this.state !== 'online') throw new ChatError('offline', 'Ending a membership needs a connection. Try again when you are connected.');
      // The server refuses this for the last owner of a group. The room then stays.
      await this.#ask({ t: 'leave', room: room.name, member: false }, ANSWER_WITHIN);
      if (this.rooms.get(room.name) !== room) return;
    }
    room.subscription.detach();
    this.rooms.delete(room.name);
    if (endMembership || this.state !== 'online') return;
    const leave = this.#ask({ t: 'leave', room: room.name }, ANSWER_WITHIN);
    // Until the server answers the leave, a `joined` of the room is the answer to an earlier command.
    this.#leaving.set(room.name, leave);
    try {
      await leave;
    } finally {
      if (this.#leaving.get(room.name) === leave) this.#leaving.delete(room.name);
    }
  }

  #ask(command, within) {
    if (this.state !== 'online') return Promise.reject(new ChatError('offline', 'There is no connection to the server.'));
    const id = command.id ?? `c${++this.#commands}`;
    const answer = this.#requests.wait(id, within);
    this.#connection.send({ ...command, id });
    return answer;
  }

  #add(name, { last, kind = null } = {}) {
    const room = new Room(this, name, { last, kind, clock: this.#clock, maxFill: this.#maxFill });
    this.rooms.set(name, room);
    return room;
  }

  #open() {
    this.#bye = null;
    this.#become('connecting');
    const url = new URL(this.#url);
    if (this.#user !== undefined) url.searchParams.set('user', this.#user);
    const lost = (code, reason) => this.#lost(connection, code, reason);
    let connection;
    try {
      connection = this.#connection = new Connection({
        WebSocket: this.#WebSocket,
        url: url.href,
        onOpen: () => this.#hello(connection),
        onObject: object => this.#receive(object),
        onFault: error => this.emit('fault', error),
        onEnd: lost,
      });
    } catch (error) {
      // The browser rejected the URL; a retry would fail too.
      this.#become('ended', { code: 4500, reason: error.message });
      return;
    }
    this.#timer = this.#clock.setTimeout(() => connection.drop(), WELCOME_WITHIN);
  }

  async #hello(connection) {
    let token;
    try {
      token = typeof this.#token === 'function' ? await this.#token() : this.#token;
    } catch (error) {
      this.emit('fault', error);
      connection.drop();
      return;
    }
    // No prototype, because `__proto__` is a valid room name.
    const rooms = Object.create(null);
    this.#carried = new Set();
    const most = this.limits?.rooms_per_connection ?? Infinity;
    for (const room of this.rooms.values()) {
      if (!room.cursor || this.#carried.size >= most) continue; // `begin` requests the other rooms after `welcome`.
      rooms[room.name] = room.cursor;
      this.#carried.add(room);
    }
    connection.send({ t: 'hello', id: `c${++this.#commands}`, device: this.device, ...(token ? { token } : {}), rooms });
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
        return this.rooms.get(object.room)?.subscription.receive(object);
      case 'gap':
        return this.rooms.get(object.room)?.subscription.gap(object);
      case 'left':
        // The server may displace a room before the client has seen it.
        if (this.rooms.has(object.room)) return this.rooms.get(object.room).subscription.left(object);
        return this.emit('left', object);
      case 'invited':
        return this.emit('invited', object);
      case 'presence':
        return this.rooms.get(object.room)?.subscription.presence(object);
      case 'typing':
        return this.rooms.get(object.room)?.emit('typing', object);
      case 'mark':
        return this.rooms.get(object.room)?.subscription.marked(object);
      case 'bye':
        this.#bye = object;
        return;
      case 'pong':
        return this.#liveness.answered();
      default:
        // `ok`, `page`, `conversations`, `members` and `who` are answers, matched by id. A `t` of a later version is
        // ignored.
        if (!this.#answer(object) && object.t === 'err') this.#fault(object);
    }
  }

  /**
   * Processes an `err` that answers no command. An `err` with a room and without an id refuses a cursor, or reports the
   * end of a membership.
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
    this.#stopTimer();
    this.#liveness.start(heartbeat);
    this.user = user;
    this.limits = limits ?? null;
    this.#onlineAt = this.#clock.now();
    this.#become('online');
    for (const room of [...this.rooms.values()]) room.subscription.begin(this.#carried.has(room));
  }

  #joined(frame) {
    let room = this.rooms.get(frame.room);
    if (!room) {
      // The session does not have the room. If the `joined` answers a join, or if a leave is unanswered, the
      // application left the room meanwhile: ignore the `joined`. Otherwise the server created the room, or added this
      // connection to it.
      if ((this.#requests.has(frame.id) && !this.#creating.has(frame.id)) || this.#leaving.has(frame.room)) return;
      room = this.#add(frame.room);
      room.subscription.joined(frame);
      this.emit('room', room);
      return;
    }
    room.subscription.joined(frame);
  }

  #lost(connection, code, reason, asked = false) {
    if (connection !== this.#connection) return;
    this.#connection = null;
    this.#stopTimer();
    this.#liveness.stop();
    const after = this.#bye?.after;
    // If the network lost the close frame, use the code and the reason of the server's `bye`.
    const why = { code: code === 1006 && this.#bye ? this.#bye.code : code, reason: reason || this.#bye?.reason || '' };
    if (this.#onlineAt !== null && this.#clock.now() - this.#onlineAt >= GOOD_AFTER) this.#attempt = 0;
    this.#onlineAt = null;
    this.state = 'waiting';
    this.#requests.abandon();
    this.#leaving.clear();
    for (const room of this.rooms.values()) room.subscription.detach();
    if (asked || !comesBack(why.code)) {
      connection.drop();
      this.#become('ended', why);
      return;
    }
    this.#lastCode = why.code;
    const delay = Number.isFinite(after) ? Math.min(Math.max(after, 0), LONGEST_AFTER)
      : why.code === REPLACED ? replacedDelay(this.#replaced++, this.#random)
      : retryDelay(this.#attempt++, this.#random);
    this.#timer = this.#clock.setTimeout(() => this.#open(), delay);
    this.#become('waiting', { ...why, retryAt: this.#clock.now() + delay });
  }

  #become(state, more = {}) {
    this.state = state;
    if (state === 'ended') {
      this.#stopWake?.();
      this.#stopWake = null;
    }
    this.emit('state', { state, ...more });
  }

  #stopTimer() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
