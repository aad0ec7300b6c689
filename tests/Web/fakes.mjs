import { Session } from '../../web/orleanschat.js';

/** A clock that moves only when a test calls `advance`. */
export class FakeClock {
  #now = 1_700_000_000_000 + Math.floor(Math.random() * 1e9);
  #timers = new Map();
  #next = 1;

  now() {
    return this.#now;
  }

  setTimeout(callback, delay) {
    this.#timers.set(this.#next, { callback, at: this.#now + delay });
    return this.#next++;
  }

  clearTimeout(timer) {
    this.#timers.delete(timer);
  }

  /** Moves the time by `ms`. Fires the due timers in order, and runs the promise continuations that follow. */
  async advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const [due] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b);
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].callback();
    }
    this.#now = end;
    await settle();
  }
}

/** Runs all pending continuations of promises. */
export async function settle() {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
}

/** A WebSocket without a network. The test acts as the server. */
class FakeSocket {
  readyState = 0;
  sent = [];
  /** Whether pings are answered. If false, the peer is unreachable, but the socket stays open. */
  alive = true;

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
  }

  send(data) {
    for (const line of data.split('\n')) this.sent.push(JSON.parse(line));
    const { t, id } = this.sent.at(-1);
    if (t === 'ping' && this.alive) setImmediate(() => { if (this.alive && this.readyState === 1) this.says({ t: 'pong', id }); });
  }

  close() {
    this.readyState = 3;
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  /** Delivers these objects to the session in one frame, as the server does. */
  says(...objects) {
    this.onmessage({ data: objects.map(object => JSON.stringify(object)).join('\n') });
  }

  ends(code, reason = '') {
    this.readyState = 3;
    this.onclose({ code, reason });
  }

  all(t) {
    return this.sent.filter(object => object.t === t);
  }

  last(t) {
    return this.all(t).at(-1);
  }
}

export const EPOCH = 'e1';

/** Returns a session with fake sockets and a fake clock. */
export function stage(options = {}) {
  const sockets = [];
  const clock = new FakeClock();
  const states = [];
  const session = new Session({
    url: 'ws://chat.test/ws',
    user: 'ann',
    WebSocket: function (url, protocols) {
      sockets.push(new FakeSocket(url, protocols));
      return sockets.at(-1);
    },
    clock,
    random: () => 0.5,
    ...options,
  });
  session.on('state', state => states.push(state));
  const stage = {
    session, clock, sockets, states,
    get socket() { return sockets.at(-1); },
    /** Opens the newest socket and answers its `hello` with `welcome`. */
    async welcome() {
      stage.socket.open();
      await settle();
      const { id } = stage.socket.last('hello');
      stage.socket.says({ t: 'welcome', id, user: 'ann', session: 's1', limits: { history_events: 100 }, heartbeat: 25000 });
      await settle();
    },
    async joined(room, parts = {}) {
      const id = stage.socket.all('join').filter(join => join.room === room).at(-1)?.id;
      stage.socket.says({ t: 'joined', id, room, kind: 'channel', seq: 0, epoch: EPOCH, after: 0, read: 0, unread: 0, count: 1, ...parts });
      await settle();
    },
    /** Connects and joins `lobby`, with the cursor at `after`. */
    async inLobby(after = 0) {
      const room = session.join('lobby', { last: 50 });
      const events = [];
      room.on('event', event => events.push(event.seq));
      session.connect();
      await stage.welcome();
      await stage.joined('lobby', { seq: after, after });
      return { room, events };
    },
    /** Ends the connection and waits until the session opens the next one. */
    async again(code = 1006) {
      stage.socket.ends(code);
      const next = sockets.length + 1;
      for (let waited = 0; sockets.length < next && waited < 30_000; waited += 100) await clock.advance(100);
    },
  };
  return stage;
}

/** Returns an event as the server sends it. */
export function event(seq, parts = {}) {
  return { t: 'ev', room: 'lobby', seq, ts: 1_700_000_000_000 + seq, from: 'bob', kind: 'msg', text: `text ${seq}`, ...parts };
}

/** Returns the events from sequence `from` to sequence `to`. */
export function events(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => event(from + index));
}
