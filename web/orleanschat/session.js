import { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import { ChatError } from './error.js';
import { comesBack, replacedDelay, REPLACED, retryDelay } from './reconnect.js';
import { Requests } from './requests.js';
import { Room } from './room.js';

/** Longest wait for a socket to open and be welcomed, in ms. */
const WELCOME_WITHIN = 15_000;

/** Longest wait for the answer to a command, in ms; more than the service's own 5 s. */
const ANSWER_WITHIN = 10_000;

/** Longest wait for a pong where the connection is in doubt, in ms. */
const PONG_WITHIN = 5000;

/** A connection that lived this long, in ms, was a good one: the next wait starts small again. */
const GOOD_AFTER = 10_000;

/** A wait asked for by the server is not believed beyond this, in ms. */
const LONGEST_AFTER = 300_000;

const systemClock = {
  now: () => Date.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: timer => clearTimeout(timer),
};

/**
 * One conversation with the service. It keeps a connection, comes back when that is lost, and resumes every room from its cursor.
 *
 * Emits `state` {state, code?, reason?, retryAt?}: `connecting` · `online` · `waiting` (until `retryAt`, ms) · `ended` (it will not come back by itself) ·
 * `room` (a room that the server opened, because somebody wrote to this user) · `fault` (something that only a developer can use).
 */
export class Session extends Emitter {
  #url;
  #user;
  #token;
  #WebSocket;
  #clock;
  #random;
  #maxFill;
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

  /** Rooms by name. */
  rooms = new Map();
  state = 'idle';
  /** Who the server says this is; null before the first welcome. */
  user = null;
  /** The limits of the service, told in welcome. */
  limits = null;

  /**
   * @param {object} options
   * @param {string} options.url of the socket, `wss://host/ws`
   * @param {string} [options.user] a name without proof, for services in development
   * @param {string | (() => string | Promise<string>)} [options.token] asked for at every connection, so that it can be a fresh one
   * @param {string} [options.device] a newer connection of the same device replaces an older one; by default a new name for every session
   * @param {number} [options.maxFill] widest hole, in events, that is filled from history by itself
   */
  constructor({ url, user, token, device, maxFill = 1000, WebSocket = globalThis.WebSocket, clock = systemClock, random = Math.random }) {
    super();
    this.#url = url;
    this.#user = user;
    this.#token = token;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#random = random;
    this.#maxFill = maxFill;
    this.#requests = new Requests(clock);
    this.device = device ?? this.newId();
  }

  /** Starts, or starts again after the end. */
  connect() {
    if (this.#connection || this.state === 'waiting') return;
    this.#attempt = this.#replaced = 0;
    this.#open();
  }

  /** Ends it for good. */
  close() {
    this.#stopTimer();
    if (this.#connection) this.#lost(this.#connection, 1000, '', true);
    else this.#become('ended', { code: 1000, reason: '' });
  }

  /** Cuts a wait short, as when the person says so. */
  retryNow() {
    if (this.state !== 'waiting') return;
    this.#replaced = 0;
    this.#stopTimer();
    this.#open();
  }

  /**
   * Asks whether anybody is there, as after a sleep; without an answer the connection is given up and a new one made. A wait is cut short, but for
   * the one after having been replaced: nothing says that the other connection is not wanted any more.
   */
  async check() {
    const connection = this.#connection;
    if (this.state !== 'online') return this.#lastCode === REPLACED ? undefined : this.retryNow();
    try {
      await this.#ask({ t: 'ping' }, PONG_WITHIN);
    } catch (error) {
      if (error.code === 'timeout') connection.drop();
    }
  }

  /** Enters a room, now or when there is a connection. `last` asks for that many events of the past; `kind` says what it is when it is made. */
  join(name, wish = {}) {
    let room = this.rooms.get(name);
    if (!room) {
      room = this.#add(name, wish);
      if (this.state === 'online') room.begin(false);
    }
    return room;
  }

  /** A command with an answer. Rejects with a ChatError; `offline` where there is no connection. */
  async request(command) {
    const connection = this.#connection;
    try {
      return await this.#ask(command, ANSWER_WITHIN);
    } catch (error) {
      // An answer that never came may mean a connection that is no more.
      if (error.code === 'timeout' && connection === this.#connection) this.check();
      throw error;
    }
  }

  /** A command without an answer; false where it went nowhere. */
  tell(command) {
    return this.state === 'online' && this.#connection.send(command);
  }

  /** A new name that nobody else will make: the idempotency key of a send. */
  newId() {
    // Not randomUUID: pages served over plain HTTP on a local network have none.
    return Array.from(crypto.getRandomValues(new Uint8Array(12)), byte => byte.toString(16).padStart(2, '0')).join('');
  }

  forget(room, parts) {
    if (this.rooms.get(room.name) !== room) return;
    this.rooms.delete(room.name);
    if (this.state === 'online') this.#ask({ t: 'leave', room: room.name, ...parts }, ANSWER_WITHIN).catch(error => this.emit('fault', error));
  }

  #ask(command, within) {
    if (this.state !== 'online') return Promise.reject(new ChatError('offline', 'There is no connection.'));
    const id = command.id ?? `c${++this.#commands}`;
    const answer = this.#requests.wait(id, within);
    this.#connection.send({ ...command, id });
    return answer;
  }

  #add(name, wish) {
    const room = new Room(this, name, { wish, clock: this.#clock, maxFill: this.#maxFill });
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
      // The address itself is unusable; the browser says why.
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
    const rooms = {};
    this.#carried = new Set();
    for (const room of this.rooms.values()) {
      if (!room.cursor) continue;
      rooms[room.name] = room.cursor;
      this.#carried.add(room);
    }
    connection.send({ t: 'hello', id: `c${++this.#commands}`, device: this.device, ...(token ? { token } : {}), rooms });
  }

  #receive(object) {
    switch (object.t) {
      case 'welcome':
        return this.#welcome(object);
      case 'joined':
        this.#joined(object);
        return this.#requests.answer(object);
      case 'ev':
        return this.rooms.get(object.room)?.receive(object);
      case 'gap':
        return this.rooms.get(object.room)?.gap(object);
      case 'presence':
        return this.rooms.get(object.room)?.presence(object);
      case 'typing':
        return this.rooms.get(object.room)?.emit('typing', object);
      case 'mark':
        return this.rooms.get(object.room)?.marked(object);
      case 'bye':
        this.#bye = object;
        return;
      default:
        // ok, page, who and pong answer by their id; a `t` of a later version is none of ours.
        if (!this.#requests.answer(object) && object.t === 'err') this.emit('fault', new ChatError(object.code, object.message, object.retry));
    }
  }

  #welcome({ user, limits }) {
    this.#stopTimer();
    this.user = user;
    this.limits = limits ?? null;
    this.#onlineAt = this.#clock.now();
    this.#become('online');
    for (const room of [...this.rooms.values()]) room.begin(this.#carried.has(room));
  }

  #joined(frame) {
    let room = this.rooms.get(frame.room);
    if (!room) {
      // Asked for and left again meanwhile. What nobody asked for: somebody wrote to this user, now or while away.
      if (this.#requests.has(frame.id)) return;
      room = this.#add(frame.room, {});
      room.joined(frame);
      this.emit('room', room);
      return;
    }
    room.joined(frame);
  }

  #lost(connection, code, reason, asked = false) {
    if (connection !== this.#connection) return;
    this.#connection = null;
    this.#stopTimer();
    const after = this.#bye?.after;
    // A network may swallow the close frame; what the server said before it counts.
    const why = { code: code === 1006 && this.#bye ? this.#bye.code : code, reason: reason || this.#bye?.reason || '' };
    if (this.#onlineAt !== null && this.#clock.now() - this.#onlineAt >= GOOD_AFTER) this.#attempt = 0;
    this.#onlineAt = null;
    this.state = 'waiting';
    this.#requests.abandon();
    for (const room of this.rooms.values()) room.detach();
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
    this.emit('state', { state, ...more });
  }

  #stopTimer() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
