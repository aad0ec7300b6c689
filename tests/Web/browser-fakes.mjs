import { KeptSends, TabStore } from '../../web/orleanschat.js';
import { FakeClock, settle, stage } from './fakes.mjs';

/** A fake browser with one storage, Web Locks and any number of tabs. */
export class FakeBrowser {
  storage = new FakeStorage();
  clock = new FakeClock();
  #locks = new Map();
  #tabs = 0;
  #watching = new Set();

  constructor({ hasLocks = true } = {}) {
    this.hasLocks = hasLocks;
    this.storage.changed = (key, tab) => {
      for (const other of this.#watching) if (other !== tab) other.listeners.forEach(listener => listener({ key }));
    };
  }

  /** Opens a tab with a session that is not connected. Calls `prepare` before the tab takes over any records. */
  async open({ user = 'ann', server = 'wss://chat.test/ws', prepare = () => {} } = {}) {
    const tab = { id: `tab${++this.#tabs}`, listeners: [], held: [] };
    this.#watching.add(tab);
    const s = stage({ user, clock: this.clock });
    const rooms = new Set();
    const room = name => {
      const found = s.session.join(name);
      if (!rooms.has(name)) tab.kept.follow(found);
      rooms.add(name);
      return found;
    };
    tab.store = new TabStore({
      server, user, tab: tab.id, storage: () => this.storage.seenBy(tab), locks: this.hasLocks ? this.#locksOf(tab) : null,
      events: { addEventListener: (type, listener) => tab.listeners.push(listener) },
    });
    tab.kept = new KeptSends(tab.store, room);
    Object.assign(tab, { stage: s, session: s.session, room });
    const close = async () => {
      this.#watching.delete(tab);
      s.session.close();
      for (const name of tab.held) this.#release(name);
      await settle();
    };
    Object.assign(tab, { close });
    prepare(tab);
    await tab.store.open();
    await settle();
    return tab;
  }

  /** The values of all stored records. */
  get records() {
    return [...this.storage.map.values()].map(text => JSON.parse(text).value);
  }

  #locksOf(tab) {
    return {
      query: async () => ({ held: [...this.#locks].filter(([, queue]) => queue.length > 0).map(([name]) => ({ name })) }),
      request: (name, callback) => new Promise((resolve, reject) => {
        const queue = this.#locks.get(name) ?? [];
        this.#locks.set(name, queue);
        queue.push(async () => {
          if (!this.#watching.has(tab)) return this.#release(name);
          tab.held.push(name);
          try {
            resolve(await callback());
          } catch (error) {
            reject(error);
          }
          tab.held.splice(tab.held.indexOf(name), 1);
          this.#release(name);
        });
        if (queue.length === 1) queue[0]();
      }),
    };
  }

  #release(name) {
    const queue = this.#locks.get(name);
    queue.shift();
    queue[0]?.();
  }
}

/** A localStorage that throws at each write while `failing` is true. */
export class FakeStorage {
  map = new Map();
  failing = false;
  changed = () => {};

  seenBy(tab) {
    const { map } = this;
    const write = (key, change) => {
      if (this.failing) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
      change();
      this.changed(key, tab);
    };
    return {
      get length() { return map.size; },
      key: index => [...map.keys()][index] ?? null,
      getItem: key => map.get(key) ?? null,
      setItem: (key, value) => write(key, () => map.set(key, String(value))),
      removeItem: key => write(key, () => map.delete(key)),
    };
  }
}
