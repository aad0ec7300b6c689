// Browsers have reportError; Node.js does not.
const reportError = error => (globalThis.reportError ?? console.error)(error);

/** The prefix of every key of this store, so that the store touches no other data of the origin. */
const PREFIX = 'orleanschat:';

/** Age at which a record is removed: 30 days, in ms. */
const MAX_AGE = 30 * 24 * 60 * 60_000;

/** Maximum size of one user's records of one kind, in UTF-16 units. Browsers give an origin about 5 million units. */
const MAX_UNITS = 1_000_000;

/** Maximum number of one user's records of one kind. */
const MAX_RECORDS = 500;

/** Result of `put`: the record is stored. */
export const KEPT = 'kept';
/** Result of `put`: the user's records of this kind have reached their maximum number or size. */
export const FULL = 'full';
/** Result of `put`: the browser's storage is blocked or full. */
export const UNAVAILABLE = 'unavailable';

/**
 * The records that the tabs of one user store in the browser, for one server. The tabs share the storage but never
 * write to the same key: a key names the server, the user, the kind of record, the tab that owns the record, and the
 * record. An open tab holds a Web Lock. When the tab closes, the browser releases the lock. Then one tab of the same
 * user (an open tab, or the next tab that opens) acquires the lock and takes over the records of the closed tab.
 *
 * Browsers provide Web Locks only on HTTPS and on localhost. Without Web Locks, a tab that opens takes over all records
 * that it finds, including those of tabs that are still open. So two tabs can process the same record, and this must do
 * no harm.
 */
export class TabStore {
  #storage;
  #locks;
  #events;
  #now;
  #server;
  #user;
  #tab;
  #adopters = new Map();
  #awaited = new Set();
  #kept = true;

  /**
   * @param {object} parts
   * @param {string} parts.server the user's server; the store ignores records of other servers of the same origin
   * @param {string} parts.user the store ignores records of other users
   * @param {string} parts.tab a name that no other tab has; after a reload, the tab needs a new name
   * @param {() => Storage} [parts.storage] called for each access, because reading `localStorage` can throw
   * @param {LockManager | null} [parts.locks] null if the browser has no Web Locks
   * @param {EventTarget} [parts.events] the target of the browser's `storage` events
   * @param {() => number} [parts.now] ms since 1970
   */
  constructor({ server, user, tab, storage = () => localStorage, locks = globalThis.navigator?.locks, events = globalThis, now = () => Date.now() }) {
    this.#server = server;
    this.#user = user;
    this.#tab = tab;
    this.#storage = storage;
    this.#locks = locks;
    this.#events = events;
    this.#now = now;
    this.#kept = this.#works();
  }

  /**
   * Whether the browser stores records. After a failed write, the value is false until a write succeeds.
   * @returns {boolean}
   */
  get keeps() {
    return this.#kept;
  }

  /**
   * Registers a function that is called with each record of one kind that this tab takes over. The records of a closed
   * tab are passed in the order of their age, the oldest first. Call this method before `open`.
   * @param {string} kind
   * @param {(id: string, value: any) => void} adopt
   */
  onAdopt(kind, adopt) {
    this.#adopters.set(kind, adopt);
  }

  /**
   * Takes over the records of closed tabs now, and the records of the other tabs when they close.
   * @returns {Promise<void>} resolves when this tab has taken over the records of the tabs that are closed now
   */
  async open() {
    this.#sweep();
    try {
      await this.#watch();
    } catch {
      for (const owner of this.#owners()) this.#takeOver(owner);
    }
  }

  /**
   * The users of this server who have a tab open in this browser. Without Web Locks, the set has only this tab's user.
   * @returns {Promise<Set<string>>}
   */
  async usersWithTabs() {
    try {
      const { held } = await this.#locks.query();
      const names = held.filter(({ name }) => name.startsWith(PREFIX)).map(({ name }) => parsed(name.slice(PREFIX.length)));
      return new Set(names.filter(parts => Array.isArray(parts) && parts[0] === this.#server).map(parts => parts[1]));
    } catch {
      return new Set([this.#user]);
    }
  }

  /**
   * Writes a record of this tab. If the result is not KEPT, the record keeps its earlier value.
   * @param {string} kind
   * @param {string} id
   * @param {any} value anything that JSON can represent
   * @returns {'kept' | 'full' | 'unavailable'} KEPT, FULL or UNAVAILABLE
   */
  put(kind, id, value) {
    const key = this.#key(kind, this.#tab, id);
    const text = JSON.stringify({ at: this.#now(), value });
    try {
      const others = this.#records(kind).filter(record => record.key !== key);
      const units = others.reduce((sum, record) => sum + record.key.length + record.text.length, key.length + text.length);
      if (others.length >= MAX_RECORDS || units > MAX_UNITS) return FULL;
      this.#storage().setItem(key, text);
      this.#kept = true;
      return KEPT;
    } catch {
      this.#kept = false;
      return UNAVAILABLE;
    }
  }

  /**
   * Whether `put` would return FULL for a new record of this size. False if the storage cannot be read.
   * @param {string} kind
   * @param {number} units size in UTF-16 units
   * @returns {boolean}
   */
  isFull(kind, units) {
    try {
      const records = this.#records(kind);
      return records.length >= MAX_RECORDS || records.reduce((sum, record) => sum + record.key.length + record.text.length, units) > MAX_UNITS;
    } catch {
      return false;
    }
  }

  /**
   * Removes the copies of a record in all tabs: another tab may have taken the record over, or two tabs may own a copy.
   * @param {string} kind
   * @param {string} id
   */
  remove(kind, id) {
    try {
      for (const key of this.#keys()) {
        const record = this.#parse(key);
        if (record?.kind === kind && record.id === id) this.#storage().removeItem(key);
      }
    } catch {
      // The storage is blocked, so no tab can read the record either.
    }
  }

  #works() {
    const key = this.#key('probe', this.#tab, '');
    try {
      this.#storage().setItem(key, '');
      this.#storage().removeItem(key);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Takes over the records of every other tab when that tab releases its lock. Rejects if the browser has no Web Locks.
   */
  async #watch() {
    if (!this.#locks) throw new Error('Web Locks are not available on this page.');
    await this.#hold();
    this.#events.addEventListener('storage', ({ key }) => {
      const owner = this.#parse(key)?.owner;
      if (owner) this.#await(owner);
    });
    const { held } = await this.#locks.query();
    const alive = new Set(held.map(lock => lock.name));
    await Promise.all([...this.#owners()].map(owner => {
      const taken = this.#await(owner);
      return alive.has(this.#lockName(owner)) ? null : taken;
    }));
  }

  /** Acquires this tab's lock. The tab holds the lock until it closes. Resolves when the lock is acquired. */
  #hold() {
    return new Promise((resolve, reject) => {
      this.#locks.request(this.#lockName(this.#tab), () => {
        resolve();
        return new Promise(() => {});
      }).catch(reject);
    });
  }

  /** Takes over a tab's records as soon as the tab's lock is free. If the tab is closed, its lock is free already. */
  #await(owner) {
    if (owner === this.#tab || this.#awaited.has(owner)) return null;
    this.#awaited.add(owner);
    return this.#locks.request(this.#lockName(owner), () => {
      this.#awaited.delete(owner);
      this.#takeOver(owner);
    });
  }

  #takeOver(owner) {
    for (const [kind, adopt] of this.#adopters) {
      const left = this.#read(kind).filter(record => record.owner === owner).sort((a, b) => a.at - b.at);
      for (const { key, id, text, value } of left) {
        try {
          // Write the new key first: if this tab closes before the next line, two records remain instead of none.
          this.#storage().setItem(this.#key(kind, this.#tab, id), text);
          this.#storage().removeItem(key);
        } catch {
          // The stored record still names the old tab as its owner, so a later tab takes the record over again.
        }
        try {
          adopt(id, value);
        } catch (error) {
          // A bad record must not block the others.
          reportError(error);
        }
      }
    }
  }

  #owners() {
    const kinds = [...this.#adopters.keys()];
    return new Set(kinds.flatMap(kind => this.#read(kind)).map(record => record.owner).filter(owner => owner !== this.#tab));
  }

  /** Removes records that are too old or cannot be read, including the records of other users and servers. */
  #sweep() {
    try {
      for (const key of this.#keys()) {
        const at = parsed(this.#storage().getItem(key))?.at;
        if (parsed(key.slice(PREFIX.length))?.length === 5 && !(at > this.#now() - MAX_AGE)) this.#storage().removeItem(key);
      }
    } catch {
      // The storage is blocked, so no record can be removed.
    }
  }

  #read(kind) {
    try {
      return this.#records(kind).map(record => ({ ...record, ...parsed(record.text) })).filter(record => record.value !== undefined);
    } catch {
      return [];
    }
  }

  #records(kind) {
    return this.#keys().map(key => this.#parse(key)).filter(record => record?.kind === kind)
      .map(record => ({ ...record, text: this.#storage().getItem(record.key) ?? '' }));
  }

  #keys() {
    const storage = this.#storage();
    return Array.from({ length: storage.length }, (_, index) => storage.key(index)).filter(key => key?.startsWith(PREFIX));
  }

  #key(kind, owner, id) {
    return PREFIX + JSON.stringify([this.#server, this.#user, kind, owner, id]);
  }

  #lockName(owner) {
    return PREFIX + JSON.stringify([this.#server, this.#user, owner]);
  }

  /** The parts of a key, or null if the key belongs to another server, to another user or not to this store. */
  #parse(key) {
    if (!key?.startsWith(PREFIX)) return null;
    const parts = parsed(key.slice(PREFIX.length));
    if (!Array.isArray(parts) || parts.length !== 5) return null;
    const [server, user, kind, owner, id] = parts;
    return server === this.#server && user === this.#user ? { key, kind, owner, id } : null;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
